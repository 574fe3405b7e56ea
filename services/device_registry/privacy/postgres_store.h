// The store of the area in PostgreSQL (schema.cc). Thread-safe.
#pragma once

#include <string>
#include <vector>

#include "device_registry/database.h"
#include "device_registry/privacy/store.h"

namespace nara::registry {

class PostgresPrivacyStore final : public PrivacyStore {
 public:
  // The database must outlive it.
  explicit PostgresPrivacyStore(Database& database) : database_(database) {}

  absl::StatusOr<std::vector<v1::Client>> ListClients(const ClientQuery& query) override;
  absl::StatusOr<std::vector<v1::Unit>> UnitsOf(const std::string& provider, const std::string& unit) override;

  absl::StatusOr<std::optional<v1::Consent>> FindConsent(const std::string& id) override;
  absl::StatusOr<std::vector<v1::Consent>> ListConsents(const PrivacyQuery& query) override;
  absl::StatusOr<v1::Consent> PutConsent(const Actor& actor, const v1::Consent& consent,
                                         const Before<v1::Consent>& guard) override;
  absl::StatusOr<v1::Consent> WithdrawConsent(const Actor& actor, const std::string& id,
                                              const std::string& reason) override;

  absl::StatusOr<std::optional<v1::Block>> FindBlock(const std::string& id) override;
  absl::StatusOr<std::vector<v1::Block>> ListBlocks(const Visible& visible, const PrivacyQuery& query) override;
  absl::StatusOr<v1::Block> PutBlock(const Actor& actor, const v1::Block& block,
                                     const Before<v1::Block>& guard) override;
  absl::StatusOr<v1::Block> LiftBlock(const Actor& actor, const std::string& id, const std::string& reason) override;

 private:
  Database& database_;
};

}  // namespace nara::registry
