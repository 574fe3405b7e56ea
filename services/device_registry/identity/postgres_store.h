// The identity store in PostgreSQL: identity/schema.cc.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "device_registry/database.h"
#include "device_registry/identity/store.h"

namespace nara::registry {

// FailedPrecondition (DEVICE_REVOKED) names the first that is revoked as a whole:
// whatever lets a device in is made for one that may come in. Revocations wait until
// the write is done.
absl::Status CheckMayComeIn(Write& write, const std::vector<std::string>& devices);

class PostgresIdentityStore final : public IdentityStore {
 public:
  // The database must outlive it.
  explicit PostgresIdentityStore(Database& database) : database_(database) {}

  absl::StatusOr<v1::Revocation> Revoke(const Actor& actor, const v1::RevokeDeviceRequest& request) override;
  absl::StatusOr<v1::Revocation> Lift(const Actor& actor, const v1::LiftRevocationRequest& request) override;
  absl::StatusOr<std::optional<v1::Revocation>> FindRevocation(const std::string& device) override;
  absl::StatusOr<RevokedList> ReadRevoked() override;
  absl::StatusOr<std::vector<v1::Certificate>> ListCertificates(const std::string& device, const std::string& after,
                                                                int limit) override;
  absl::StatusOr<v1::Enrolment> CreateEnrolment(const Actor& actor, const NewEnrolment& enrolment) override;
  absl::StatusOr<std::string> Enrol(const Actor& actor, const ShownCode& shown, const Signer& sign) override;
  absl::StatusOr<std::string> Renew(const Actor& actor, const HeldCertificate& held, const Signer& sign) override;
  absl::StatusOr<std::string> SetController(const Actor& actor, const std::string& device,
                                            const std::string& controller) override;

 private:
  Database& database_;
};

}  // namespace nara::registry
