// The first certificate by a code, the next by the one before.
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/time/time.h"
#include "common/access/access_table.h"
#include "common/hash/random.h"
#include "common/mqtt/shard.h"
#include "common/rpc/error.h"
#include "device_registry/identity/identity.h"
#include "device_registry/validation.h"

namespace nara::registry {
namespace {

constexpr char kGateway[] = "nara-gateway";
constexpr std::string_view kAlphabet = "0123456789abcdefghjkmnpqrstvwxyz";
constexpr std::size_t kCodeLength = 16;
constexpr std::int64_t kLeastSeconds = 60;
constexpr std::int64_t kMostSeconds = 90 * 24 * 3600;
constexpr std::int64_t kUsualSeconds = 7 * 24 * 3600;

// The code as it is hashed: as people write it, without what they put between.
std::string Plain(const std::string& code) {
  std::string plain;
  for (const char c : code) {
    if (c != '-' && c != ' ') plain.push_back(absl::ascii_tolower(static_cast<unsigned char>(c)));
  }
  return plain;
}

std::string Grouped(const std::string& code) {
  std::string grouped;
  for (std::size_t i = 0; i < code.size(); ++i) {
    if (i > 0 && i % 4 == 0) grouped.push_back('-');
    grouped.push_back(code[i]);
  }
  return grouped;
}

}  // namespace

absl::Status EnrolmentRefused(const std::string& device) {
  return rpc::Error(absl::StatusCode::kPermissionDenied, "ENROLMENT_REFUSED",
                    "the code does not let this device in; compare both, or ask for a new code", {{"device", device}});
}

absl::Status ProofRefused(const std::string& device) {
  return rpc::Error(absl::StatusCode::kPermissionDenied, "PROOF_REFUSED",
                    "certificate and signature do not prove that this is the device, or it is revoked; enrol it anew",
                    {{"device", device}});
}

std::string NewCode() {
  std::string code;
  for (const unsigned char byte : RandomBytes(kCodeLength)) code.push_back(kAlphabet[byte % kAlphabet.size()]);
  return code;
}

std::string RenewalText(const std::string& device, const std::string& csr_pem) {
  return "nara-renew-1\n" + device + "\n" + csr_pem;
}

// What exists is told to nobody by the way in which a stranger is refused.
absl::Status Identity::CheckBearer(const Caller& caller, const std::string& device) {
  if (caller.role == Role::kService && caller.id == kGateway) return absl::OkStatus();
  return CheckDevice(caller, Action::kProvisionDevice, device);
}

v1::DeviceCredentials Identity::CredentialsOf(const std::string& device, std::string certificate_pem) const {
  v1::DeviceCredentials credentials;
  credentials.set_device(device);
  credentials.set_certificate_pem(std::move(certificate_pem));
  credentials.set_shard(static_cast<std::uint32_t>(ShardOf(device)));
  return credentials;
}

absl::StatusOr<v1::CreateEnrolmentResponse> Identity::CreateEnrolment(const Caller& caller,
                                                                      const v1::CreateEnrolmentRequest& request) {
  if (absl::Status status = CheckDevice(caller, Action::kProvisionDevice, request.device()); !status.ok()) {
    return status;
  }
  const std::int64_t seconds = request.has_validity() ? request.validity().seconds() : kUsualSeconds;
  if (seconds < kLeastSeconds || seconds > kMostSeconds) return Invalid("validity", "is 1 minute to 90 days");
  const std::string code = deps_.new_code();
  absl::StatusOr<v1::Enrolment> enrolment =
      deps_.store.CreateEnrolment(ActorOf(caller), {.id = deps_.new_id(),
                                                    .device = request.device(),
                                                    .code_sha256 = TokenHash(code),
                                                    .validity = absl::Seconds(seconds)});
  if (!enrolment.ok()) return enrolment.status();
  v1::CreateEnrolmentResponse response;
  *response.mutable_enrolment() = *std::move(enrolment);
  response.set_code(Grouped(code));
  return response;
}

absl::StatusOr<v1::EnrolResponse> Identity::Enrol(const Caller& caller, const v1::EnrolRequest& request) {
  if (absl::Status status = CheckBearer(caller, request.device()); !status.ok()) return status;
  const ShownCode shown{.device = request.device(),
                        .code_sha256 = TokenHash(Plain(request.code())),
                        .request_sha256 = TokenHash(request.csr_pem())};
  absl::StatusOr<std::string> pem = deps_.store.Enrol(
      ActorOf(caller), shown, [&] { return deps_.credentials.Sign(request.device(), request.csr_pem()); });
  if (!pem.ok()) return pem.status();
  v1::EnrolResponse response;
  *response.mutable_credentials() = CredentialsOf(request.device(), *std::move(pem));
  return response;
}

absl::StatusOr<v1::RenewCertificateResponse> Identity::RenewCertificate(const Caller& caller,
                                                                        const v1::RenewCertificateRequest& request) {
  if (absl::Status status = CheckBearer(caller, request.device()); !status.ok()) return status;
  const absl::StatusOr<std::string> serial =
      deps_.credentials.HeldBy(request.device(), request.certificate_pem(),
                               RenewalText(request.device(), request.csr_pem()), request.signature());
  if (!serial.ok()) return serial.status();
  const HeldCertificate held{
      .device = request.device(), .serial = *serial, .request_sha256 = TokenHash(request.csr_pem())};
  absl::StatusOr<std::string> pem = deps_.store.Renew(
      ActorOf(caller), held, [&] { return deps_.credentials.Sign(request.device(), request.csr_pem()); });
  if (!pem.ok()) return pem.status();
  v1::RenewCertificateResponse response;
  *response.mutable_credentials() = CredentialsOf(request.device(), *std::move(pem));
  return response;
}

}  // namespace nara::registry
