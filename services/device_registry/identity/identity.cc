// Revocation, certificates, controller numbers.
#include "device_registry/identity/identity.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "device_registry/page.h"
#include "device_registry/validation.h"

namespace nara::registry {
namespace {

absl::Status ValidateSerial(const std::string& serial) {
  const bool good = serial.empty() || (serial.size() == 32 && std::all_of(serial.begin(), serial.end(), [](char c) {
                                         return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
                                       }));
  return good ? absl::OkStatus() : Invalid("serial", "is 32 digits of lower-case hexadecimal, or empty");
}

absl::Status ValidateController(const std::string& controller) {
  const bool good = controller.size() <= 16 &&
                    std::all_of(controller.begin(), controller.end(), [](char c) { return c >= '0' && c <= '9'; });
  return good ? absl::OkStatus() : Invalid("controller", "is 1 to 16 digits, or empty to be given a number");
}

}  // namespace

absl::Status Identity::CheckDevice(const Caller& caller, Action action, const std::string& device) {
  const auto devices = deps_.devices.FindDevices({device});
  if (!devices.ok()) return devices.status();
  const std::string owner = devices->empty() ? "" : devices->begin()->second.owner();
  if (absl::Status status = rights_.Check(caller, action, OfOwner(owner), "device", device); !status.ok()) {
    return status;
  }
  return devices->empty() ? NotThere("device", device) : absl::OkStatus();
}

absl::StatusOr<v1::RevokeDeviceResponse> Identity::RevokeDevice(const Caller& caller,
                                                                const v1::RevokeDeviceRequest& request) {
  if (absl::Status status = CheckDevice(caller, Action::kProvisionDevice, request.device()); !status.ok()) {
    return status;
  }
  if (absl::Status status = ValidateSerial(request.serial()); !status.ok()) return status;
  if (!v1::RevocationReason_IsValid(request.reason()) || request.reason() == v1::REVOCATION_REASON_UNSPECIFIED) {
    return Invalid("reason", "is why it is revoked: lost, key compromised, replaced, retired or misbehaves");
  }
  absl::StatusOr<v1::Revocation> revocation = deps_.store.Revoke(ActorOf(caller), request);
  if (!revocation.ok()) return revocation.status();
  v1::RevokeDeviceResponse response;
  response.set_in_force(deps_.lock_out(revocation->revision()));
  *response.mutable_revocation() = *std::move(revocation);
  return response;
}

absl::StatusOr<v1::LiftRevocationResponse> Identity::LiftRevocation(const Caller& caller,
                                                                    const v1::LiftRevocationRequest& request) {
  if (absl::Status status = CheckDevice(caller, Action::kProvisionDevice, request.device()); !status.ok()) {
    return status;
  }
  if (absl::Status status = ValidateSerial(request.serial()); !status.ok()) return status;
  absl::StatusOr<v1::Revocation> revocation = deps_.store.Lift(ActorOf(caller), request);
  if (!revocation.ok()) return revocation.status();
  v1::LiftRevocationResponse response;
  response.set_in_force(deps_.lock_out(revocation->lifted_revision()));
  *response.mutable_revocation() = *std::move(revocation);
  return response;
}

absl::StatusOr<v1::ListCertificatesResponse> Identity::ListCertificates(const Caller& caller,
                                                                        const v1::ListCertificatesRequest& request) {
  if (absl::Status status = CheckDevice(caller, Action::kProvisionDevice, request.device()); !status.ok()) {
    return status;
  }
  const absl::StatusOr<Page> page = PageOf(request);
  if (!page.ok()) return page.status();
  absl::StatusOr<std::vector<v1::Certificate>> found =
      deps_.store.ListCertificates(request.device(), page->after, page->limit());
  if (!found.ok()) return found.status();
  absl::StatusOr<std::optional<v1::Revocation>> revocation = deps_.store.FindRevocation(request.device());
  if (!revocation.ok()) return revocation.status();
  v1::ListCertificatesResponse response;
  if (found->size() > static_cast<std::size_t>(page->size)) {
    found->resize(static_cast<std::size_t>(page->size));
    response.set_next_page_token(TokenAfter(*page, found->back().serial()));
  }
  for (v1::Certificate& certificate : *found) *response.add_certificates() = std::move(certificate);
  if (*revocation) *response.mutable_revocation() = **std::move(revocation);
  return response;
}

absl::StatusOr<v1::SetControllerResponse> Identity::SetController(const Caller& caller,
                                                                  const v1::SetControllerRequest& request) {
  if (absl::Status status = CheckDevice(caller, Action::kRegisterDevice, request.device()); !status.ok()) {
    return status;
  }
  if (absl::Status status = ValidateController(request.controller()); !status.ok()) return status;
  absl::StatusOr<std::string> number =
      deps_.store.SetController(ActorOf(caller), request.device(), request.controller());
  if (!number.ok()) return number.status();
  v1::SetControllerResponse response;
  response.set_controller(*std::move(number));
  return response;
}

}  // namespace nara::registry
