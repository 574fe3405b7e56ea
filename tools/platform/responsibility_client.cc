#include "tools/platform/responsibility_client.h"

#include "nara/registry/v1/service.grpc.pb.h"
#include "tools/platform/unary.h"

namespace nara::tools {

using Stub = registry::v1::DeviceRegistryService::Stub;

class ResponsibilityClient::Impl {
 public:
  Impl(const std::string& address, const config::Tls& tls)
      : stub_(registry::v1::DeviceRegistryService::NewStub(rpc::Connect(address, tls))) {}

  Stub& stub() { return *stub_; }

 private:
  const std::unique_ptr<Stub> stub_;
};

ResponsibilityClient::ResponsibilityClient(const std::string& address, const config::Tls& tls)
    : impl_(std::make_unique<Impl>(address, tls)) {}

ResponsibilityClient::~ResponsibilityClient() = default;

absl::StatusOr<registry::v1::GetAssignmentResponse> ResponsibilityClient::Call(
    const registry::v1::GetAssignmentRequest& request) {
  return Unary(impl_->stub(), &Stub::GetAssignment, request);
}
absl::StatusOr<registry::v1::GetResponsibilityResponse> ResponsibilityClient::Call(
    const registry::v1::GetResponsibilityRequest& request) {
  return Unary(impl_->stub(), &Stub::GetResponsibility, request);
}
absl::StatusOr<registry::v1::CorrectAssignmentResponse> ResponsibilityClient::Call(
    const registry::v1::CorrectAssignmentRequest& request) {
  return Unary(impl_->stub(), &Stub::CorrectAssignment, request);
}
absl::StatusOr<registry::v1::EndAssignmentResponse> ResponsibilityClient::Call(
    const registry::v1::EndAssignmentRequest& request) {
  return Unary(impl_->stub(), &Stub::EndAssignment, request);
}
absl::StatusOr<registry::v1::TransferResponsibilityResponse> ResponsibilityClient::Call(
    const registry::v1::TransferResponsibilityRequest& request) {
  return Unary(impl_->stub(), &Stub::TransferResponsibility, request);
}
absl::StatusOr<registry::v1::PutAbsenceResponse> ResponsibilityClient::Call(
    const registry::v1::PutAbsenceRequest& request) {
  return Unary(impl_->stub(), &Stub::PutAbsence, request);
}
absl::StatusOr<registry::v1::EndAbsenceResponse> ResponsibilityClient::Call(
    const registry::v1::EndAbsenceRequest& request) {
  return Unary(impl_->stub(), &Stub::EndAbsence, request);
}
absl::StatusOr<registry::v1::ProposeHandOverResponse> ResponsibilityClient::Call(
    const registry::v1::ProposeHandOverRequest& request) {
  return Unary(impl_->stub(), &Stub::ProposeHandOver, request);
}
absl::StatusOr<registry::v1::AcceptHandOverResponse> ResponsibilityClient::Call(
    const registry::v1::AcceptHandOverRequest& request) {
  return Unary(impl_->stub(), &Stub::AcceptHandOver, request);
}
absl::StatusOr<registry::v1::DeclineHandOverResponse> ResponsibilityClient::Call(
    const registry::v1::DeclineHandOverRequest& request) {
  return Unary(impl_->stub(), &Stub::DeclineHandOver, request);
}
absl::StatusOr<registry::v1::WithdrawHandOverResponse> ResponsibilityClient::Call(
    const registry::v1::WithdrawHandOverRequest& request) {
  return Unary(impl_->stub(), &Stub::WithdrawHandOver, request);
}
absl::StatusOr<registry::v1::GetHandOverResponse> ResponsibilityClient::Call(
    const registry::v1::GetHandOverRequest& request) {
  return Unary(impl_->stub(), &Stub::GetHandOver, request);
}
absl::StatusOr<registry::v1::ListHandOversResponse> ResponsibilityClient::Call(
    const registry::v1::ListHandOversRequest& request) {
  return Unary(impl_->stub(), &Stub::ListHandOvers, request);
}
absl::StatusOr<registry::v1::MoveHomeResponse> ResponsibilityClient::Call(
    const registry::v1::MoveHomeRequest& request) {
  return Unary(impl_->stub(), &Stub::MoveHome, request);
}
absl::StatusOr<registry::v1::DischargeResponse> ResponsibilityClient::Call(
    const registry::v1::DischargeRequest& request) {
  return Unary(impl_->stub(), &Stub::Discharge, request);
}
absl::StatusOr<registry::v1::ChangeCareLevelResponse> ResponsibilityClient::Call(
    const registry::v1::ChangeCareLevelRequest& request) {
  return Unary(impl_->stub(), &Stub::ChangeCareLevel, request);
}
absl::StatusOr<registry::v1::ReachAdulthoodResponse> ResponsibilityClient::Call(
    const registry::v1::ReachAdulthoodRequest& request) {
  return Unary(impl_->stub(), &Stub::ReachAdulthood, request);
}
absl::StatusOr<registry::v1::EnterSpecialHousingResponse> ResponsibilityClient::Call(
    const registry::v1::EnterSpecialHousingRequest& request) {
  return Unary(impl_->stub(), &Stub::EnterSpecialHousing, request);
}
absl::StatusOr<registry::v1::PutCostFactsResponse> ResponsibilityClient::Call(
    const registry::v1::PutCostFactsRequest& request) {
  return Unary(impl_->stub(), &Stub::PutCostFacts, request);
}
absl::StatusOr<registry::v1::PutCostExceptionResponse> ResponsibilityClient::Call(
    const registry::v1::PutCostExceptionRequest& request) {
  return Unary(impl_->stub(), &Stub::PutCostException, request);
}
absl::StatusOr<registry::v1::GetCostResponse> ResponsibilityClient::Call(const registry::v1::GetCostRequest& request) {
  return Unary(impl_->stub(), &Stub::GetCost, request);
}

}  // namespace nara::tools
