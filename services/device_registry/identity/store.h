// What the identity rules need from PostgreSQL.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "device_registry/ports.h"
#include "nara/registry/v1/identity.pb.h"

namespace nara::registry {

// Who may not come in, as one state.
struct RevokedList {
  std::uint64_t generation = 0;  // the registry's revision
  std::vector<std::string> devices;
  std::vector<std::string> serials;  // of certificates that have not expired
};

struct NewEnrolment {
  std::string id;
  std::string device;
  std::string code_sha256;
  absl::Duration validity;
};

// Makes the certificate, inside the transaction that records it.
using Signer = std::function<absl::StatusOr<Credentials::Signed>()>;

// What a device shows for its first certificate.
struct ShownCode {
  std::string device;
  std::string code_sha256;
  std::string request_sha256;
};

// The device proved to hold this certificate.
struct HeldCertificate {
  std::string device;
  std::string serial;
  std::string request_sha256;
};

// Thread-safe; the rest as of Store.
class IdentityStore {
 public:
  virtual ~IdentityStore() = default;

  virtual absl::StatusOr<v1::Revocation> Revoke(const Actor& actor, const v1::RevokeDeviceRequest& request) = 0;
  virtual absl::StatusOr<v1::Revocation> Lift(const Actor& actor, const v1::LiftRevocationRequest& request) = 0;
  // The revocation of the device as a whole that holds.
  virtual absl::StatusOr<std::optional<v1::Revocation>> FindRevocation(const std::string& device) = 0;
  virtual absl::StatusOr<RevokedList> ReadRevoked() = 0;
  virtual absl::StatusOr<std::vector<v1::Certificate>> ListCertificates(const std::string& device,
                                                                        const std::string& after, int limit) = 0;
  // DEVICE_REVOKED while the device as a whole is revoked.
  virtual absl::StatusOr<v1::Enrolment> CreateEnrolment(const Actor& actor, const NewEnrolment& enrolment) = 0;
  // The certificate in PEM. ENROLMENT_REFUSED, whatever is wrong with the code.
  virtual absl::StatusOr<std::string> Enrol(const Actor& actor, const ShownCode& shown, const Signer& sign) = 0;
  // The certificate in PEM. PROOF_REFUSED when the one that was shown lets nobody in.
  virtual absl::StatusOr<std::string> Renew(const Actor& actor, const HeldCertificate& held, const Signer& sign) = 0;
  // The number; `controller` is empty for one that is free.
  virtual absl::StatusOr<std::string> SetController(const Actor& actor, const std::string& device,
                                                    const std::string& controller) = 0;
};

// The errors of the same names.
absl::Status EnrolmentRefused(const std::string& device);
absl::Status ProofRefused(const std::string& device);

}  // namespace nara::registry
