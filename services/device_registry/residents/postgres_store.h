// Residents in PostgreSQL (residents/schema.cc).
#pragma once

#include <string>
#include <vector>

#include "device_registry/database.h"
#include "device_registry/identity_keys.h"
#include "device_registry/residents/store.h"

namespace nara::registry {

class PostgresResidents final : public ResidentStore {
 public:
  // Both must outlive it.
  PostgresResidents(Database& database, const IdentityKeys& keys) : database_(database), keys_(keys) {}

  // FailedPrecondition when the key file lacks a key that is in use, or has another key
  // for searching than the fingerprints were made with. The database is prepared.
  absl::Status Prepare();

  absl::StatusOr<std::optional<ResidentRecord>> Find(const std::string& id, const std::string& client) override;
  absl::StatusOr<std::vector<ResidentRecord>> FindByFingerprint(const std::string& fingerprint,
                                                                const std::string& client) override;
  absl::StatusOr<std::vector<ResidentRecord>> List(const ResidentQuery& query) override;
  absl::Status Remember(const Actor& actor, const std::vector<IdentityRead>& reads) override;
  absl::StatusOr<std::uint64_t> ChangeIdentity(const Actor& actor, const std::string& resident,
                                               const IdentityChange& change) override;
  absl::StatusOr<v1::ProtectedAccess> PutProtectedAccess(const Actor& actor, const v1::ProtectedAccess& access,
                                                         const Before<v1::ProtectedAccess>& guard) override;
  absl::StatusOr<std::vector<v1::ProtectedAccess>> ListProtectedAccess(const std::string& after, int limit) override;
  absl::StatusOr<Rotation> Rotate(const Actor& actor, int limit) override;

 private:
  Database& database_;
  const IdentityKeys& keys_;
};

}  // namespace nara::registry
