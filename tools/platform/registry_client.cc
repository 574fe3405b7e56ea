#include "tools/platform/registry_client.h"

#include "nara/registry/v1/service.grpc.pb.h"
#include "tools/platform/unary.h"

namespace nara::tools {

using registry::v1::AssignDeviceRequest;
using registry::v1::AssignDeviceResponse;
using registry::v1::CreateResidentRequest;
using registry::v1::CreateResidentResponse;
using registry::v1::DeviceRegistryService;
using registry::v1::EndAssignmentRequest;
using registry::v1::EndAssignmentResponse;
using registry::v1::GetChainRequest;
using registry::v1::GetChainResponse;
using registry::v1::GetDeviceRequest;
using registry::v1::GetDeviceResponse;
using registry::v1::ListDevicesRequest;
using registry::v1::ListDevicesResponse;
using registry::v1::ListPrincipalsRequest;
using registry::v1::ListPrincipalsResponse;
using registry::v1::ListUnitsRequest;
using registry::v1::ListUnitsResponse;
using registry::v1::ProvisionDevicesRequest;
using registry::v1::ProvisionDevicesResponse;
using registry::v1::PutChainRequest;
using registry::v1::PutChainResponse;
using registry::v1::PutClientRequest;
using registry::v1::PutClientResponse;
using registry::v1::PutUnitRequest;
using registry::v1::PutUnitResponse;
using registry::v1::RegisterDevicesRequest;
using registry::v1::RegisterDevicesResponse;
using Stub = DeviceRegistryService::Stub;

class RegistryClient::Impl {
 public:
  Impl(const std::string& address, const config::Tls& tls)
      : stub_(DeviceRegistryService::NewStub(rpc::Connect(address, tls))) {}

  Stub& stub() { return *stub_; }

 private:
  const std::unique_ptr<Stub> stub_;
};

RegistryClient::RegistryClient(const std::string& address, const config::Tls& tls)
    : impl_(std::make_unique<Impl>(address, tls)) {}

RegistryClient::~RegistryClient() = default;

absl::StatusOr<ListPrincipalsResponse> RegistryClient::ListPrincipals() {
  return Unary(impl_->stub(), &Stub::ListPrincipals, ListPrincipalsRequest());
}
absl::StatusOr<PutUnitResponse> RegistryClient::PutUnit(const PutUnitRequest& request) {
  return Unary(impl_->stub(), &Stub::PutUnit, request);
}
absl::StatusOr<ListUnitsResponse> RegistryClient::ListUnits(const ListUnitsRequest& request) {
  return Unary(impl_->stub(), &Stub::ListUnits, request);
}
absl::StatusOr<RegisterDevicesResponse> RegistryClient::RegisterDevices(const RegisterDevicesRequest& request) {
  return Unary(impl_->stub(), &Stub::RegisterDevices, request);
}
absl::StatusOr<ProvisionDevicesResponse> RegistryClient::ProvisionDevices(const ProvisionDevicesRequest& request) {
  return Unary(impl_->stub(), &Stub::ProvisionDevices, request);
}
absl::StatusOr<GetDeviceResponse> RegistryClient::GetDevice(const GetDeviceRequest& request) {
  return Unary(impl_->stub(), &Stub::GetDevice, request);
}
absl::StatusOr<ListDevicesResponse> RegistryClient::ListDevices(const ListDevicesRequest& request) {
  return Unary(impl_->stub(), &Stub::ListDevices, request);
}
absl::StatusOr<CreateResidentResponse> RegistryClient::CreateResident(const CreateResidentRequest& request) {
  return Unary(impl_->stub(), &Stub::CreateResident, request);
}
absl::StatusOr<AssignDeviceResponse> RegistryClient::AssignDevice(const AssignDeviceRequest& request) {
  return Unary(impl_->stub(), &Stub::AssignDevice, request);
}
absl::StatusOr<EndAssignmentResponse> RegistryClient::EndAssignment(const EndAssignmentRequest& request) {
  return Unary(impl_->stub(), &Stub::EndAssignment, request);
}
absl::StatusOr<PutChainResponse> RegistryClient::PutChain(const PutChainRequest& request) {
  return Unary(impl_->stub(), &Stub::PutChain, request);
}
absl::StatusOr<GetChainResponse> RegistryClient::GetChain(const GetChainRequest& request) {
  return Unary(impl_->stub(), &Stub::GetChain, request);
}
absl::StatusOr<registry::v1::PutReceiverResponse> RegistryClient::PutReceiver(
    const registry::v1::PutReceiverRequest& request) {
  return Unary(impl_->stub(), &Stub::PutReceiver, request);
}
absl::StatusOr<registry::v1::ListReceiversResponse> RegistryClient::ListReceivers(
    const registry::v1::ListReceiversRequest& request) {
  return Unary(impl_->stub(), &Stub::ListReceivers, request);
}
absl::StatusOr<registry::v1::SetChainLeadResponse> RegistryClient::SetChainLead(
    const registry::v1::SetChainLeadRequest& request) {
  return Unary(impl_->stub(), &Stub::SetChainLead, request);
}
absl::StatusOr<registry::v1::ExplainChainResponse> RegistryClient::ExplainChain(
    const registry::v1::ExplainChainRequest& request) {
  return Unary(impl_->stub(), &Stub::ExplainChain, request);
}
absl::StatusOr<registry::v1::CheckChainsResponse> RegistryClient::CheckChains(
    const registry::v1::CheckChainsRequest& request) {
  return Unary(impl_->stub(), &Stub::CheckChains, request);
}
absl::StatusOr<registry::v1::PutPlanResponse> RegistryClient::PutPlan(const registry::v1::PutPlanRequest& request) {
  return Unary(impl_->stub(), &Stub::PutPlan, request);
}
absl::StatusOr<registry::v1::GetPlanResponse> RegistryClient::GetPlan(const registry::v1::GetPlanRequest& request) {
  return Unary(impl_->stub(), &Stub::GetPlan, request);
}
absl::StatusOr<registry::v1::ListPlansResponse> RegistryClient::ListPlans(
    const registry::v1::ListPlansRequest& request) {
  return Unary(impl_->stub(), &Stub::ListPlans, request);
}
absl::StatusOr<PutClientResponse> RegistryClient::PutClient(const PutClientRequest& request) {
  return Unary(impl_->stub(), &Stub::PutClient, request);
}

}  // namespace nara::tools
