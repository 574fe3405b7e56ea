#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/config/shared.h"
#include "nara/registry/v1/assortment.pb.h"
#include "nara/registry/v1/audit.pb.h"
#include "nara/registry/v1/chains.pb.h"
#include "nara/registry/v1/clients.pb.h"
#include "nara/registry/v1/identity.pb.h"
#include "nara/registry/v1/life_cycle.pb.h"
#include "nara/registry/v1/organisation.pb.h"
#include "nara/registry/v1/plans.pb.h"
#include "nara/registry/v1/privacy.pb.h"
#include "nara/registry/v1/registry.pb.h"
#include "nara/registry/v1/residents.pb.h"

namespace nara::tools {

// The calls of DeviceRegistryService that tools make; each has a deadline and
// returns the platform's error with its reason. Thread-safe.
class RegistryClient {
 public:
  // `reason` is why it is called, for the audit; may be empty.
  RegistryClient(const std::string& address, const config::Tls& tls, std::string reason = {});
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
  absl::StatusOr<registry::v1::PutConsentResponse> PutConsent(const registry::v1::PutConsentRequest& request);
  absl::StatusOr<registry::v1::WithdrawConsentResponse> WithdrawConsent(
      const registry::v1::WithdrawConsentRequest& request);
  absl::StatusOr<registry::v1::ListConsentsResponse> ListConsents(const registry::v1::ListConsentsRequest& request);
  absl::StatusOr<registry::v1::SetBlockResponse> SetBlock(const registry::v1::SetBlockRequest& request);
  absl::StatusOr<registry::v1::LiftBlockResponse> LiftBlock(const registry::v1::LiftBlockRequest& request);
  absl::StatusOr<registry::v1::ListBlocksResponse> ListBlocks(const registry::v1::ListBlocksRequest& request);
  absl::StatusOr<registry::v1::PutClientResponse> PutClient(const registry::v1::PutClientRequest& request);
  absl::StatusOr<registry::v1::MoveDeviceResponse> MoveDevice(const registry::v1::MoveDeviceRequest& request);
  absl::StatusOr<registry::v1::ListDeviceHistoryResponse> ListDeviceHistory(
      const registry::v1::ListDeviceHistoryRequest& request);
  absl::StatusOr<registry::v1::ConfirmTestResponse> ConfirmTest(const registry::v1::ConfirmTestRequest& request);
  absl::StatusOr<registry::v1::StageImportResponse> StageImport(const registry::v1::StageImportRequest& request);
  absl::StatusOr<registry::v1::CheckImportResponse> CheckImport(const registry::v1::CheckImportRequest& request);
  absl::StatusOr<registry::v1::ApplyImportResponse> ApplyImport(const registry::v1::ApplyImportRequest& request);
  absl::StatusOr<registry::v1::PutAssortmentResponse> PutAssortment(const registry::v1::PutAssortmentRequest& request);
  absl::StatusOr<registry::v1::ListProductsResponse> ListProducts(const registry::v1::ListProductsRequest& request);

  absl::StatusOr<registry::v1::PutProviderResponse> PutProvider(const registry::v1::PutProviderRequest& request);
  absl::StatusOr<registry::v1::ListProvidersResponse> ListProviders(const registry::v1::ListProvidersRequest& request);
  absl::StatusOr<registry::v1::ListAgreementsResponse> ListAgreements(
      const registry::v1::ListAgreementsRequest& request);
  absl::StatusOr<registry::v1::PutParticipationResponse> PutParticipation(
      const registry::v1::PutParticipationRequest& request);
  absl::StatusOr<registry::v1::ListParticipationsResponse> ListParticipations(
      const registry::v1::ListParticipationsRequest& request);
  absl::StatusOr<registry::v1::PutStaffResponse> PutStaff(const registry::v1::PutStaffRequest& request);
  absl::StatusOr<registry::v1::ListStaffResponse> ListStaff(const registry::v1::ListStaffRequest& request);
  absl::StatusOr<registry::v1::PutStaffAssignmentResponse> PutStaffAssignment(
      const registry::v1::PutStaffAssignmentRequest& request);
  absl::StatusOr<registry::v1::ListStaffAssignmentsResponse> ListStaffAssignments(
      const registry::v1::ListStaffAssignmentsRequest& request);
  absl::StatusOr<registry::v1::RegisterResidentResponse> RegisterResident(
      const registry::v1::RegisterResidentRequest& request);
  absl::StatusOr<registry::v1::UpdateIdentityResponse> UpdateIdentity(
      const registry::v1::UpdateIdentityRequest& request);
  absl::StatusOr<registry::v1::GetResidentResponse> GetResident(const registry::v1::GetResidentRequest& request);
  absl::StatusOr<registry::v1::FindResidentsResponse> FindResidents(const registry::v1::FindResidentsRequest& request);
  absl::StatusOr<registry::v1::ListResidentsResponse> ListResidents(const registry::v1::ListResidentsRequest& request);
  absl::StatusOr<registry::v1::PutProtectedAccessResponse> PutProtectedAccess(
      const registry::v1::PutProtectedAccessRequest& request);
  absl::StatusOr<registry::v1::ListProtectedAccessResponse> ListProtectedAccess(
      const registry::v1::ListProtectedAccessRequest& request);
  absl::StatusOr<registry::v1::RotateIdentityKeysResponse> RotateIdentityKeys(
      const registry::v1::RotateIdentityKeysRequest& request);
  absl::StatusOr<registry::v1::RevokeDeviceResponse> RevokeDevice(const registry::v1::RevokeDeviceRequest& request);
  absl::StatusOr<registry::v1::LiftRevocationResponse> LiftRevocation(
      const registry::v1::LiftRevocationRequest& request);
  absl::StatusOr<registry::v1::ListCertificatesResponse> ListCertificates(
      const registry::v1::ListCertificatesRequest& request);
  absl::StatusOr<registry::v1::CreateEnrolmentResponse> CreateEnrolment(
      const registry::v1::CreateEnrolmentRequest& request);
  absl::StatusOr<registry::v1::SetControllerResponse> SetController(const registry::v1::SetControllerRequest& request);
  absl::StatusOr<registry::v1::ListClientsResponse> ListClients(const registry::v1::ListClientsRequest& request);
  absl::StatusOr<registry::v1::ListChangesResponse> ListChanges(const registry::v1::ListChangesRequest& request);
  absl::StatusOr<registry::v1::ListIdentityReadsResponse> ListIdentityReads(
      const registry::v1::ListIdentityReadsRequest& request);

 private:
  class Impl;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace nara::tools
