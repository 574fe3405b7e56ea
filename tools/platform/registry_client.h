#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/config/shared.h"
#include "nara/registry/v1/clients.pb.h"
#include "nara/registry/v1/identity.pb.h"
#include "nara/registry/v1/registry.pb.h"

namespace nara::tools {

// The calls of DeviceRegistryService that tools make; each has a deadline and
// returns the platform's error with its reason. Thread-safe.
class RegistryClient {
 public:
  RegistryClient(const std::string& address, const config::Tls& tls);
  ~RegistryClient();

  absl::StatusOr<registry::v1::ListPrincipalsResponse> ListPrincipals();
  absl::StatusOr<registry::v1::PutUnitResponse> PutUnit(const registry::v1::PutUnitRequest& request);
  absl::StatusOr<registry::v1::ListUnitsResponse> ListUnits(const registry::v1::ListUnitsRequest& request);
  absl::StatusOr<registry::v1::RegisterDevicesResponse> RegisterDevices(
      const registry::v1::RegisterDevicesRequest& request);
  absl::StatusOr<registry::v1::ProvisionDevicesResponse> ProvisionDevices(
      const registry::v1::ProvisionDevicesRequest& request);
  absl::StatusOr<registry::v1::GetDeviceResponse> GetDevice(const registry::v1::GetDeviceRequest& request);
  absl::StatusOr<registry::v1::ListDevicesResponse> ListDevices(const registry::v1::ListDevicesRequest& request);
  absl::StatusOr<registry::v1::CreateResidentResponse> CreateResident(
      const registry::v1::CreateResidentRequest& request);
  absl::StatusOr<registry::v1::AssignDeviceResponse> AssignDevice(const registry::v1::AssignDeviceRequest& request);
  absl::StatusOr<registry::v1::EndAssignmentResponse> EndAssignment(const registry::v1::EndAssignmentRequest& request);
  absl::StatusOr<registry::v1::PutChainResponse> PutChain(const registry::v1::PutChainRequest& request);
  absl::StatusOr<registry::v1::GetChainResponse> GetChain(const registry::v1::GetChainRequest& request);
  absl::StatusOr<registry::v1::PutClientResponse> PutClient(const registry::v1::PutClientRequest& request);
  absl::StatusOr<registry::v1::RevokeDeviceResponse> RevokeDevice(const registry::v1::RevokeDeviceRequest& request);
  absl::StatusOr<registry::v1::LiftRevocationResponse> LiftRevocation(
      const registry::v1::LiftRevocationRequest& request);
  absl::StatusOr<registry::v1::ListCertificatesResponse> ListCertificates(
      const registry::v1::ListCertificatesRequest& request);
  absl::StatusOr<registry::v1::CreateEnrolmentResponse> CreateEnrolment(
      const registry::v1::CreateEnrolmentRequest& request);
  absl::StatusOr<registry::v1::SetControllerResponse> SetController(const registry::v1::SetControllerRequest& request);
  absl::StatusOr<registry::v1::ListClientsResponse> ListClients(const registry::v1::ListClientsRequest& request);

 private:
  class Impl;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace nara::tools
