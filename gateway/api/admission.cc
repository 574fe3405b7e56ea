#include "gateway/api/admission.h"

#include <algorithm>
#include <map>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/mqtt/shard.h"
#include "common/rpc/error.h"
#include "gateway/api/json_input.h"
#include "gateway/http/json_writer.h"
#include "gateway/http/problem.h"

namespace nara::gateway {
namespace {

using Members = std::map<std::string, std::string>;

// A PKCS #10 request with a key of 4096 bits is about 2 KB in PEM, a certificate less than 4 KB.
constexpr std::size_t kMostPem = 16 * 1024;
constexpr std::size_t kMostCode = 64;
constexpr int kCodeLength = 16;
// In base64, of RSA with 4096 bits: 684.
constexpr std::size_t kMostSignature = 2048;

absl::Status Bad(const std::string& field, const std::string& problem) {
  return rpc::Error(absl::StatusCode::kInvalidArgument, "INVALID_FIELD", absl::StrCat("'", field, "' ", problem),
                    {{"field", field}});
}

// Each of `limits` and nothing else, not empty and at most so long.
absl::StatusOr<Members> Read(const Request& request, const std::map<std::string, std::size_t>& limits) {
  const auto body = JsonBody(request);
  if (!body.ok()) return body.status();
  Members members;
  for (const auto& [name, value] : body->fields()) {
    if (!limits.contains(name)) return Bad(name, "is not known here");
    members[name] = value.string_value();
  }
  for (const auto& [name, most] : limits) {
    const std::string& value = members[name];
    if (value.empty() || value.size() > most) return Bad(name, absl::StrCat("is text of 1 to ", most, " bytes"));
  }
  return members;
}

absl::Status CheckDevice(const std::string& device) {
  return IsDeviceId(device) ? absl::OkStatus() : Bad("device", "is no device id");
}

// Spaces and hyphens aside, so that what was typed too short is no try.
bool IsCode(const std::string& text) {
  return std::ranges::count_if(text, [](char c) { return c != ' ' && c != '-'; }) == kCodeLength;
}

Response Credentials(const registry::v1::DeviceCredentials& credentials) {
  Json json;
  json.Open()
      .Member("device", credentials.device())
      .Member("certificate_pem", credentials.certificate_pem())
      .Number("shard", credentials.shard())
      .Close();
  Response response;
  response.content_type = "application/json";
  response.body = json.Text();
  return response;
}

}  // namespace

Admission::Admission(DevicePort& devices, Metrics& metrics, const Clock& clock)
    : devices_(devices),
      metrics_(metrics),
      registry_("the device registry", metrics.registry(), Bulkheads::kOfAdmission),
      attempts_(clock) {}

void Admission::AddTo(Router& router) {
  router.Add("POST", "/api/v1/enrolments/{device}",
             [this](auto& request, auto& path) { return Enrol(request, path.at("device")); });
  router.Add("POST", "/api/v1/certificates/{device}",
             [this](auto& request, auto& path) { return Renew(request, path.at("device")); });
}

Admission::Result Admission::Enrol(const Request& request, const std::string& device) {
  if (absl::Status status = CheckDevice(device); !status.ok()) return status;
  const auto members = Read(request, {{"code", kMostCode}, {"csr_pem", kMostPem}});
  if (!members.ok()) return members.status();
  if (!IsCode(members->at("code"))) return Bad("code", "is 16 letters and digits");
  registry::v1::EnrolRequest enrol;
  enrol.set_device(device);
  enrol.set_code(members->at("code"));
  enrol.set_csr_pem(members->at("csr_pem"));
  return Try(request.address, device, [&] { return devices_.Enrol(enrol); });
}

Admission::Result Admission::Renew(const Request& request, const std::string& device) {
  if (absl::Status status = CheckDevice(device); !status.ok()) return status;
  const auto members =
      Read(request, {{"certificate_pem", kMostPem}, {"csr_pem", kMostPem}, {"signature", kMostSignature}});
  if (!members.ok()) return members.status();
  std::string signature;
  if (!absl::Base64Unescape(members->at("signature"), &signature)) return Bad("signature", "is base64");
  registry::v1::RenewCertificateRequest renew;
  renew.set_device(device);
  renew.set_certificate_pem(members->at("certificate_pem"));
  renew.set_csr_pem(members->at("csr_pem"));
  renew.set_signature(signature);
  return Try(request.address, device, [&] { return devices_.Renew(renew); });
}

Admission::Result Admission::Try(const std::string& address, const std::string& device,
                                 const std::function<Answer()>& ask) {
  if (const absl::Status refusal = attempts_.Begin(address, device); !refusal.ok()) return TooMany(refusal);
  Result answer = registry_.Run([&]() -> Result {
    const Answer credentials = ask();
    if (!credentials.ok()) return credentials.status();
    return Credentials(*credentials);
  });
  Count(address, device, answer.status());
  return answer;
}

Admission::Result Admission::TooMany(const absl::Status& refusal) {
  metrics_.AdmissionLimited();
  Response response = Problem(refusal);
  response.headers.emplace_back("retry-after", rpc::InfoOf(refusal)->metadata.at("retry_after_s"));
  return response;
}

// What ended without an answer may have been refused: it stays counted.
void Admission::Count(const std::string& address, const std::string& device, const absl::Status& answer) {
  if (absl::IsPermissionDenied(answer)) metrics_.AdmissionRefused();
  if (answer.ok()) metrics_.AdmissionGiven();
  if (!absl::IsPermissionDenied(answer) && !absl::IsDeadlineExceeded(answer)) {
    attempts_.Passed(address, device, answer.ok());
  }
}

}  // namespace nara::gateway
