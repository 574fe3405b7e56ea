#include "tools/platform/registry_client.h"

#include <utility>

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
  Impl(const std::string& address, const config::Tls& tls, std::string reason)
      : stub_(DeviceRegistryService::NewStub(rpc::Connect(address, tls))), reason_(std::move(reason)) {}

  template <typename Request, typename Response>
  absl::StatusOr<Response> Call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                                const Request& request, absl::Duration timeout = kCallTimeout) {
    return Unary(*stub_, method, request, timeout, reason_);
  }

 private:
  const std::unique_ptr<Stub> stub_;
  const std::string reason_;
};

RegistryClient::RegistryClient(const std::string& address, const config::Tls& tls, std::string reason)
    : impl_(std::make_unique<Impl>(address, tls, std::move(reason))) {}

RegistryClient::~RegistryClient() = default;

absl::StatusOr<ListPrincipalsResponse> RegistryClient::ListPrincipals() {
  return impl_->Call(&Stub::ListPrincipals, ListPrincipalsRequest());
}
absl::StatusOr<PutUnitResponse> RegistryClient::PutUnit(const PutUnitRequest& request) {
  return impl_->Call(&Stub::PutUnit, request);
}
absl::StatusOr<ListUnitsResponse> RegistryClient::ListUnits(const ListUnitsRequest& request) {
  return impl_->Call(&Stub::ListUnits, request);
}
absl::StatusOr<RegisterDevicesResponse> RegistryClient::RegisterDevices(const RegisterDevicesRequest& request) {
  return impl_->Call(&Stub::RegisterDevices, request);
}
absl::StatusOr<ProvisionDevicesResponse> RegistryClient::ProvisionDevices(const ProvisionDevicesRequest& request) {
  return impl_->Call(&Stub::ProvisionDevices, request);
}
absl::StatusOr<GetDeviceResponse> RegistryClient::GetDevice(const GetDeviceRequest& request) {
  return impl_->Call(&Stub::GetDevice, request);
}
absl::StatusOr<ListDevicesResponse> RegistryClient::ListDevices(const ListDevicesRequest& request) {
  return impl_->Call(&Stub::ListDevices, request);
}
absl::StatusOr<CreateResidentResponse> RegistryClient::CreateResident(const CreateResidentRequest& request) {
  return impl_->Call(&Stub::CreateResident, request);
}
absl::StatusOr<AssignDeviceResponse> RegistryClient::AssignDevice(const AssignDeviceRequest& request) {
  return impl_->Call(&Stub::AssignDevice, request);
}
absl::StatusOr<EndAssignmentResponse> RegistryClient::EndAssignment(const EndAssignmentRequest& request) {
  return impl_->Call(&Stub::EndAssignment, request);
}
absl::StatusOr<PutChainResponse> RegistryClient::PutChain(const PutChainRequest& request) {
  return impl_->Call(&Stub::PutChain, request);
}
absl::StatusOr<GetChainResponse> RegistryClient::GetChain(const GetChainRequest& request) {
  return impl_->Call(&Stub::GetChain, request);
}
absl::StatusOr<registry::v1::PutReceiverResponse> RegistryClient::PutReceiver(
    const registry::v1::PutReceiverRequest& request) {
  return impl_->Call(&Stub::PutReceiver, request);
}
absl::StatusOr<registry::v1::ListReceiversResponse> RegistryClient::ListReceivers(
    const registry::v1::ListReceiversRequest& request) {
  return impl_->Call(&Stub::ListReceivers, request);
}
absl::StatusOr<registry::v1::SetChainLeadResponse> RegistryClient::SetChainLead(
    const registry::v1::SetChainLeadRequest& request) {
  return impl_->Call(&Stub::SetChainLead, request);
}
absl::StatusOr<registry::v1::ExplainChainResponse> RegistryClient::ExplainChain(
    const registry::v1::ExplainChainRequest& request) {
  return impl_->Call(&Stub::ExplainChain, request);
}
absl::StatusOr<registry::v1::CheckChainsResponse> RegistryClient::CheckChains(
    const registry::v1::CheckChainsRequest& request) {
  return impl_->Call(&Stub::CheckChains, request);
}
absl::StatusOr<registry::v1::PutConsentResponse> RegistryClient::PutConsent(
    const registry::v1::PutConsentRequest& request) {
  return impl_->Call(&Stub::PutConsent, request);
}
absl::StatusOr<registry::v1::WithdrawConsentResponse> RegistryClient::WithdrawConsent(
    const registry::v1::WithdrawConsentRequest& request) {
  return impl_->Call(&Stub::WithdrawConsent, request);
}
absl::StatusOr<registry::v1::ListConsentsResponse> RegistryClient::ListConsents(
    const registry::v1::ListConsentsRequest& request) {
  return impl_->Call(&Stub::ListConsents, request);
}
absl::StatusOr<registry::v1::SetBlockResponse> RegistryClient::SetBlock(const registry::v1::SetBlockRequest& request) {
  return impl_->Call(&Stub::SetBlock, request);
}
absl::StatusOr<registry::v1::LiftBlockResponse> RegistryClient::LiftBlock(
    const registry::v1::LiftBlockRequest& request) {
  return impl_->Call(&Stub::LiftBlock, request);
}
absl::StatusOr<registry::v1::ListBlocksResponse> RegistryClient::ListBlocks(
    const registry::v1::ListBlocksRequest& request) {
  return impl_->Call(&Stub::ListBlocks, request);
}
absl::StatusOr<registry::v1::PutPlanResponse> RegistryClient::PutPlan(const registry::v1::PutPlanRequest& request) {
  return impl_->Call(&Stub::PutPlan, request);
}
absl::StatusOr<registry::v1::GetPlanResponse> RegistryClient::GetPlan(const registry::v1::GetPlanRequest& request) {
  return impl_->Call(&Stub::GetPlan, request);
}
absl::StatusOr<registry::v1::ListPlansResponse> RegistryClient::ListPlans(
    const registry::v1::ListPlansRequest& request) {
  return impl_->Call(&Stub::ListPlans, request);
}
absl::StatusOr<PutClientResponse> RegistryClient::PutClient(const PutClientRequest& request) {
  return impl_->Call(&Stub::PutClient, request);
}
absl::StatusOr<registry::v1::MoveDeviceResponse> RegistryClient::MoveDevice(
    const registry::v1::MoveDeviceRequest& request) {
  return impl_->Call(&Stub::MoveDevice, request);
}
absl::StatusOr<registry::v1::ListDeviceHistoryResponse> RegistryClient::ListDeviceHistory(
    const registry::v1::ListDeviceHistoryRequest& request) {
  return impl_->Call(&Stub::ListDeviceHistory, request);
}
absl::StatusOr<registry::v1::ConfirmTestResponse> RegistryClient::ConfirmTest(
    const registry::v1::ConfirmTestRequest& request) {
  return impl_->Call(&Stub::ConfirmTest, request);
}
absl::StatusOr<registry::v1::StageImportResponse> RegistryClient::StageImport(
    const registry::v1::StageImportRequest& request) {
  return impl_->Call(&Stub::StageImport, request);
}
absl::StatusOr<registry::v1::CheckImportResponse> RegistryClient::CheckImport(
    const registry::v1::CheckImportRequest& request) {
  return impl_->Call(&Stub::CheckImport, request);
}
absl::StatusOr<registry::v1::ApplyImportResponse> RegistryClient::ApplyImport(
    const registry::v1::ApplyImportRequest& request) {
  return impl_->Call(&Stub::ApplyImport, request, kImportTimeout);
}
absl::StatusOr<registry::v1::PutAssortmentResponse> RegistryClient::PutAssortment(
    const registry::v1::PutAssortmentRequest& request) {
  return impl_->Call(&Stub::PutAssortment, request);
}
absl::StatusOr<registry::v1::ListProductsResponse> RegistryClient::ListProducts(
    const registry::v1::ListProductsRequest& request) {
  return impl_->Call(&Stub::ListProducts, request);
}
absl::StatusOr<registry::v1::PutProviderResponse> RegistryClient::PutProvider(
    const registry::v1::PutProviderRequest& request) {
  return impl_->Call(&Stub::PutProvider, request);
}
absl::StatusOr<registry::v1::ListProvidersResponse> RegistryClient::ListProviders(
    const registry::v1::ListProvidersRequest& request) {
  return impl_->Call(&Stub::ListProviders, request);
}
absl::StatusOr<registry::v1::ListAgreementsResponse> RegistryClient::ListAgreements(
    const registry::v1::ListAgreementsRequest& request) {
  return impl_->Call(&Stub::ListAgreements, request);
}
absl::StatusOr<registry::v1::PutParticipationResponse> RegistryClient::PutParticipation(
    const registry::v1::PutParticipationRequest& request) {
  return impl_->Call(&Stub::PutParticipation, request);
}
absl::StatusOr<registry::v1::ListParticipationsResponse> RegistryClient::ListParticipations(
    const registry::v1::ListParticipationsRequest& request) {
  return impl_->Call(&Stub::ListParticipations, request);
}
absl::StatusOr<registry::v1::PutStaffResponse> RegistryClient::PutStaff(const registry::v1::PutStaffRequest& request) {
  return impl_->Call(&Stub::PutStaff, request);
}
absl::StatusOr<registry::v1::ListStaffResponse> RegistryClient::ListStaff(
    const registry::v1::ListStaffRequest& request) {
  return impl_->Call(&Stub::ListStaff, request);
}
absl::StatusOr<registry::v1::PutStaffAssignmentResponse> RegistryClient::PutStaffAssignment(
    const registry::v1::PutStaffAssignmentRequest& request) {
  return impl_->Call(&Stub::PutStaffAssignment, request);
}
absl::StatusOr<registry::v1::ListStaffAssignmentsResponse> RegistryClient::ListStaffAssignments(
    const registry::v1::ListStaffAssignmentsRequest& request) {
  return impl_->Call(&Stub::ListStaffAssignments, request);
}
absl::StatusOr<registry::v1::RegisterResidentResponse> RegistryClient::RegisterResident(
    const registry::v1::RegisterResidentRequest& request) {
  return impl_->Call(&Stub::RegisterResident, request);
}
absl::StatusOr<registry::v1::UpdateIdentityResponse> RegistryClient::UpdateIdentity(
    const registry::v1::UpdateIdentityRequest& request) {
  return impl_->Call(&Stub::UpdateIdentity, request);
}
absl::StatusOr<registry::v1::GetResidentResponse> RegistryClient::GetResident(
    const registry::v1::GetResidentRequest& request) {
  return impl_->Call(&Stub::GetResident, request);
}
absl::StatusOr<registry::v1::FindResidentsResponse> RegistryClient::FindResidents(
    const registry::v1::FindResidentsRequest& request) {
  return impl_->Call(&Stub::FindResidents, request);
}
absl::StatusOr<registry::v1::ListResidentsResponse> RegistryClient::ListResidents(
    const registry::v1::ListResidentsRequest& request) {
  return impl_->Call(&Stub::ListResidents, request);
}
absl::StatusOr<registry::v1::PutProtectedAccessResponse> RegistryClient::PutProtectedAccess(
    const registry::v1::PutProtectedAccessRequest& request) {
  return impl_->Call(&Stub::PutProtectedAccess, request);
}
absl::StatusOr<registry::v1::ListProtectedAccessResponse> RegistryClient::ListProtectedAccess(
    const registry::v1::ListProtectedAccessRequest& request) {
  return impl_->Call(&Stub::ListProtectedAccess, request);
}
absl::StatusOr<registry::v1::RotateIdentityKeysResponse> RegistryClient::RotateIdentityKeys(
    const registry::v1::RotateIdentityKeysRequest& request) {
  return impl_->Call(&Stub::RotateIdentityKeys, request);
}
absl::StatusOr<RevokeDeviceResponse> RegistryClient::RevokeDevice(const RevokeDeviceRequest& request) {
  return impl_->Call(&Stub::RevokeDevice, request);
}
absl::StatusOr<LiftRevocationResponse> RegistryClient::LiftRevocation(const LiftRevocationRequest& request) {
  return impl_->Call(&Stub::LiftRevocation, request);
}
absl::StatusOr<ListCertificatesResponse> RegistryClient::ListCertificates(const ListCertificatesRequest& request) {
  return impl_->Call(&Stub::ListCertificates, request);
}
absl::StatusOr<CreateEnrolmentResponse> RegistryClient::CreateEnrolment(const CreateEnrolmentRequest& request) {
  return impl_->Call(&Stub::CreateEnrolment, request);
}
absl::StatusOr<SetControllerResponse> RegistryClient::SetController(const SetControllerRequest& request) {
  return impl_->Call(&Stub::SetController, request);
}
absl::StatusOr<ListClientsResponse> RegistryClient::ListClients(const ListClientsRequest& request) {
  return impl_->Call(&Stub::ListClients, request);
}
absl::StatusOr<ListChangesResponse> RegistryClient::ListChanges(const ListChangesRequest& request) {
  return impl_->Call(&Stub::ListChanges, request);
}
absl::StatusOr<ListIdentityReadsResponse> RegistryClient::ListIdentityReads(const ListIdentityReadsRequest& request) {
  return impl_->Call(&Stub::ListIdentityReads, request);
}

}  // namespace nara::tools
