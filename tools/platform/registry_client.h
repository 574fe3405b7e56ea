#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/config/shared.h"
#include "nara/registry/v1/chains.pb.h"
#include "nara/registry/v1/plans.pb.h"
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
  absl::StatusOr<registry::v1::PutReceiverResponse> PutReceiver(const registry::v1::PutReceiverRequest& request);
  absl::StatusOr<registry::v1::ListReceiversResponse> ListReceivers(const registry::v1::ListReceiversRequest& request);
  absl::StatusOr<registry::v1::SetChainLeadResponse> SetChainLead(const registry::v1::SetChainLeadRequest& request);
  absl::StatusOr<registry::v1::ExplainChainResponse> ExplainChain(const registry::v1::ExplainChainRequest& request);
  absl::StatusOr<registry::v1::CheckChainsResponse> CheckChains(const registry::v1::CheckChainsRequest& request);
  absl::StatusOr<registry::v1::PutPlanResponse> PutPlan(const registry::v1::PutPlanRequest& request);
  absl::StatusOr<registry::v1::GetPlanResponse> GetPlan(const registry::v1::GetPlanRequest& request);
  absl::StatusOr<registry::v1::ListPlansResponse> ListPlans(const registry::v1::ListPlansRequest& request);
  absl::StatusOr<registry::v1::PutClientResponse> PutClient(const registry::v1::PutClientRequest& request);

 private:
  class Impl;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace nara::tools
