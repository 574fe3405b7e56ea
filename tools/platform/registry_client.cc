#include "tools/platform/registry_client.h"

#include "nara/registry/v1/service.grpc.pb.h"
#include "tools/platform/unary.h"

namespace nara::tools {

using registry::v1::AssignDeviceRequest;
using registry::v1::AssignDeviceResponse;
using registry::v1::CreateEnrolmentRequest;
using registry::v1::CreateEnrolmentResponse;
using registry::v1::CreateResidentRequest;
using registry::v1::CreateResidentResponse;
using registry::v1::DeviceRegistryService;
using registry::v1::EndAssignmentRequest;
using registry::v1::EndAssignmentResponse;
using registry::v1::GetChainRequest;
using registry::v1::GetChainResponse;
using registry::v1::GetDeviceRequest;
using registry::v1::GetDeviceResponse;
using registry::v1::LiftRevocationRequest;
using registry::v1::LiftRevocationResponse;
using registry::v1::ListCertificatesRequest;
using registry::v1::ListCertificatesResponse;
using registry::v1::ListChangesRequest;
using registry::v1::ListChangesResponse;
using registry::v1::ListClientsRequest;
using registry::v1::ListClientsResponse;
using registry::v1::ListDevicesRequest;
using registry::v1::ListDevicesResponse;
using registry::v1::ListIdentityReadsRequest;
using registry::v1::ListIdentityReadsResponse;
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
using registry::v1::RevokeDeviceRequest;
using registry::v1::RevokeDeviceResponse;
using registry::v1::SetControllerRequest;
using registry::v1::SetControllerResponse;
using Stub = DeviceRegistryService::Stub;

namespace {

// The whole of a large file is applied at once.
constexpr absl::Duration kImportTimeout = absl::Minutes(5);

}  // namespace

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
absl::StatusOr<registry::v1::PutConsentResponse> RegistryClient::PutConsent(
    const registry::v1::PutConsentRequest& request) {
  return Unary(impl_->stub(), &Stub::PutConsent, request);
}
absl::StatusOr<registry::v1::WithdrawConsentResponse> RegistryClient::WithdrawConsent(
    const registry::v1::WithdrawConsentRequest& request) {
  return Unary(impl_->stub(), &Stub::WithdrawConsent, request);
}
absl::StatusOr<registry::v1::ListConsentsResponse> RegistryClient::ListConsents(
    const registry::v1::ListConsentsRequest& request) {
  return Unary(impl_->stub(), &Stub::ListConsents, request);
}
absl::StatusOr<registry::v1::SetBlockResponse> RegistryClient::SetBlock(const registry::v1::SetBlockRequest& request) {
  return Unary(impl_->stub(), &Stub::SetBlock, request);
}
absl::StatusOr<registry::v1::LiftBlockResponse> RegistryClient::LiftBlock(
    const registry::v1::LiftBlockRequest& request) {
  return Unary(impl_->stub(), &Stub::LiftBlock, request);
}
absl::StatusOr<registry::v1::ListBlocksResponse> RegistryClient::ListBlocks(
    const registry::v1::ListBlocksRequest& request) {
  return Unary(impl_->stub(), &Stub::ListBlocks, request);
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
absl::StatusOr<registry::v1::MoveDeviceResponse> RegistryClient::MoveDevice(
    const registry::v1::MoveDeviceRequest& request) {
  return Unary(impl_->stub(), &Stub::MoveDevice, request);
}
absl::StatusOr<registry::v1::ListDeviceHistoryResponse> RegistryClient::ListDeviceHistory(
    const registry::v1::ListDeviceHistoryRequest& request) {
  return Unary(impl_->stub(), &Stub::ListDeviceHistory, request);
}
absl::StatusOr<registry::v1::ConfirmTestResponse> RegistryClient::ConfirmTest(
    const registry::v1::ConfirmTestRequest& request) {
  return Unary(impl_->stub(), &Stub::ConfirmTest, request);
}
absl::StatusOr<registry::v1::StageImportResponse> RegistryClient::StageImport(
    const registry::v1::StageImportRequest& request) {
  return Unary(impl_->stub(), &Stub::StageImport, request);
}
absl::StatusOr<registry::v1::CheckImportResponse> RegistryClient::CheckImport(
    const registry::v1::CheckImportRequest& request) {
  return Unary(impl_->stub(), &Stub::CheckImport, request);
}
absl::StatusOr<registry::v1::ApplyImportResponse> RegistryClient::ApplyImport(
    const registry::v1::ApplyImportRequest& request) {
  return Unary(impl_->stub(), &Stub::ApplyImport, request, kImportTimeout);
}
absl::StatusOr<registry::v1::PutAssortmentResponse> RegistryClient::PutAssortment(
    const registry::v1::PutAssortmentRequest& request) {
  return Unary(impl_->stub(), &Stub::PutAssortment, request);
}
absl::StatusOr<registry::v1::ListProductsResponse> RegistryClient::ListProducts(
    const registry::v1::ListProductsRequest& request) {
  return Unary(impl_->stub(), &Stub::ListProducts, request);
}
absl::StatusOr<registry::v1::PutProviderResponse> RegistryClient::PutProvider(
    const registry::v1::PutProviderRequest& request) {
  return Unary(impl_->stub(), &Stub::PutProvider, request);
}
absl::StatusOr<registry::v1::ListProvidersResponse> RegistryClient::ListProviders(
    const registry::v1::ListProvidersRequest& request) {
  return Unary(impl_->stub(), &Stub::ListProviders, request);
}
absl::StatusOr<registry::v1::ListAgreementsResponse> RegistryClient::ListAgreements(
    const registry::v1::ListAgreementsRequest& request) {
  return Unary(impl_->stub(), &Stub::ListAgreements, request);
}
absl::StatusOr<registry::v1::PutParticipationResponse> RegistryClient::PutParticipation(
    const registry::v1::PutParticipationRequest& request) {
  return Unary(impl_->stub(), &Stub::PutParticipation, request);
}
absl::StatusOr<registry::v1::ListParticipationsResponse> RegistryClient::ListParticipations(
    const registry::v1::ListParticipationsRequest& request) {
  return Unary(impl_->stub(), &Stub::ListParticipations, request);
}
absl::StatusOr<registry::v1::PutStaffResponse> RegistryClient::PutStaff(const registry::v1::PutStaffRequest& request) {
  return Unary(impl_->stub(), &Stub::PutStaff, request);
}
absl::StatusOr<registry::v1::ListStaffResponse> RegistryClient::ListStaff(
    const registry::v1::ListStaffRequest& request) {
  return Unary(impl_->stub(), &Stub::ListStaff, request);
}
absl::StatusOr<registry::v1::PutStaffAssignmentResponse> RegistryClient::PutStaffAssignment(
    const registry::v1::PutStaffAssignmentRequest& request) {
  return Unary(impl_->stub(), &Stub::PutStaffAssignment, request);
}
absl::StatusOr<registry::v1::ListStaffAssignmentsResponse> RegistryClient::ListStaffAssignments(
    const registry::v1::ListStaffAssignmentsRequest& request) {
  return Unary(impl_->stub(), &Stub::ListStaffAssignments, request);
}
absl::StatusOr<registry::v1::RegisterResidentResponse> RegistryClient::RegisterResident(
    const registry::v1::RegisterResidentRequest& request) {
  return Unary(impl_->stub(), &Stub::RegisterResident, request);
}
absl::StatusOr<registry::v1::UpdateIdentityResponse> RegistryClient::UpdateIdentity(
    const registry::v1::UpdateIdentityRequest& request) {
  return Unary(impl_->stub(), &Stub::UpdateIdentity, request);
}
absl::StatusOr<registry::v1::GetResidentResponse> RegistryClient::GetResident(
    const registry::v1::GetResidentRequest& request) {
  return Unary(impl_->stub(), &Stub::GetResident, request);
}
absl::StatusOr<registry::v1::FindResidentsResponse> RegistryClient::FindResidents(
    const registry::v1::FindResidentsRequest& request) {
  return Unary(impl_->stub(), &Stub::FindResidents, request);
}
absl::StatusOr<registry::v1::ListResidentsResponse> RegistryClient::ListResidents(
    const registry::v1::ListResidentsRequest& request) {
  return Unary(impl_->stub(), &Stub::ListResidents, request);
}
absl::StatusOr<registry::v1::PutProtectedAccessResponse> RegistryClient::PutProtectedAccess(
    const registry::v1::PutProtectedAccessRequest& request) {
  return Unary(impl_->stub(), &Stub::PutProtectedAccess, request);
}
absl::StatusOr<registry::v1::ListProtectedAccessResponse> RegistryClient::ListProtectedAccess(
    const registry::v1::ListProtectedAccessRequest& request) {
  return Unary(impl_->stub(), &Stub::ListProtectedAccess, request);
}
absl::StatusOr<registry::v1::RotateIdentityKeysResponse> RegistryClient::RotateIdentityKeys(
    const registry::v1::RotateIdentityKeysRequest& request) {
  return Unary(impl_->stub(), &Stub::RotateIdentityKeys, request);
}
absl::StatusOr<RevokeDeviceResponse> RegistryClient::RevokeDevice(const RevokeDeviceRequest& request) {
  return Unary(impl_->stub(), &Stub::RevokeDevice, request);
}
absl::StatusOr<LiftRevocationResponse> RegistryClient::LiftRevocation(const LiftRevocationRequest& request) {
  return Unary(impl_->stub(), &Stub::LiftRevocation, request);
}
absl::StatusOr<ListCertificatesResponse> RegistryClient::ListCertificates(const ListCertificatesRequest& request) {
  return Unary(impl_->stub(), &Stub::ListCertificates, request);
}
absl::StatusOr<CreateEnrolmentResponse> RegistryClient::CreateEnrolment(const CreateEnrolmentRequest& request) {
  return Unary(impl_->stub(), &Stub::CreateEnrolment, request);
}
absl::StatusOr<SetControllerResponse> RegistryClient::SetController(const SetControllerRequest& request) {
  return Unary(impl_->stub(), &Stub::SetController, request);
}
absl::StatusOr<ListClientsResponse> RegistryClient::ListClients(const ListClientsRequest& request) {
  return Unary(impl_->stub(), &Stub::ListClients, request);
}
absl::StatusOr<ListChangesResponse> RegistryClient::ListChanges(const ListChangesRequest& request) {
  return Unary(impl_->stub(), &Stub::ListChanges, request);
}
absl::StatusOr<ListIdentityReadsResponse> RegistryClient::ListIdentityReads(const ListIdentityReadsRequest& request) {
  return Unary(impl_->stub(), &Stub::ListIdentityReads, request);
}

}  // namespace nara::tools
