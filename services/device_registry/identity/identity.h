// What lets a device in: certificates with the device id as common name, codes for the
// first of them, proof by the one before for the next, and revocation.
//
// A device's identity is its owner's: who may provision a device may revoke it.
// Thread-safe when its ports are.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "common/access/authorizer.h"
#include "device_registry/identity/store.h"
#include "device_registry/ports.h"
#include "device_registry/rights.h"
#include "nara/registry/v1/identity.pb.h"

namespace nara::registry {

class Identity {
 public:
  struct Deps {
    Store& devices;
    IdentityStore& store;
    Credentials& credentials;
    const Authorizer& authorizer;
    // A list of who is revoked has another content since a revision: waits a moment
    // for the MQTT server to obey it.
    std::function<bool(std::uint64_t revision)> lock_out;
    // A fresh random id, hard to guess.
    std::function<std::string()> new_id;
    // A fresh code as CreateEnrolmentResponse describes it, without hyphens.
    std::function<std::string()> new_code;
  };

  explicit Identity(Deps deps) : deps_(std::move(deps)), rights_(deps_.authorizer) {}

  absl::StatusOr<v1::RevokeDeviceResponse> RevokeDevice(const Caller& caller, const v1::RevokeDeviceRequest& request);
  absl::StatusOr<v1::LiftRevocationResponse> LiftRevocation(const Caller& caller,
                                                            const v1::LiftRevocationRequest& request);
  absl::StatusOr<v1::ListCertificatesResponse> ListCertificates(const Caller& caller,
                                                                const v1::ListCertificatesRequest& request);
  absl::StatusOr<v1::CreateEnrolmentResponse> CreateEnrolment(const Caller& caller,
                                                              const v1::CreateEnrolmentRequest& request);
  // For the gateway, in the name of nobody: the code is the right. For others, who
  // may provision the device.
  absl::StatusOr<v1::EnrolResponse> Enrol(const Caller& caller, const v1::EnrolRequest& request);
  // Likewise: the proof is the right.
  absl::StatusOr<v1::RenewCertificateResponse> RenewCertificate(const Caller& caller,
                                                                const v1::RenewCertificateRequest& request);
  absl::StatusOr<v1::SetControllerResponse> SetController(const Caller& caller,
                                                          const v1::SetControllerRequest& request);

 private:
  absl::Status CheckDevice(const Caller& caller, Action action, const std::string& device);
  absl::Status CheckBearer(const Caller& caller, const std::string& device);
  v1::DeviceCredentials CredentialsOf(const std::string& device, std::string certificate_pem) const;

  const Deps deps_;
  const Rights rights_;
};

// 80 random bits as CreateEnrolmentResponse describes them, without hyphens.
std::string NewCode();

// What a device's old key signs to prove that it is the device.
std::string RenewalText(const std::string& device, const std::string& csr_pem);

}  // namespace nara::registry
