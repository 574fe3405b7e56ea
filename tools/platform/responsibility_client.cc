#include "tools/platform/responsibility_client.h"

#include <utility>

#include "nara/registry/v1/service.grpc.pb.h"
#include "tools/platform/unary.h"

namespace nara::tools {

using Stub = registry::v1::DeviceRegistryService::Stub;

class ResponsibilityClient::Impl {
 public:
  Impl(const std::string& address, const config::Tls& tls, std::string reason)
      : stub_(registry::v1::DeviceRegistryService::NewStub(rpc::Connect(address, tls))), reason_(std::move(reason)) {}

  template <typename Request, typename Response>
  absl::StatusOr<Response> Call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                                const Request& request, absl::Duration timeout = kCallTimeout) {
    return Unary(*stub_, method, request, timeout, reason_);
  }

 private:
  const std::unique_ptr<Stub> stub_;
  const std::string reason_;
};

ResponsibilityClient::ResponsibilityClient(const std::string& address, const config::Tls& tls, std::string reason)
    : impl_(std::make_unique<Impl>(address, tls, std::move(reason))) {}

ResponsibilityClient::~ResponsibilityClient() = default;

absl::StatusOr<registry::v1::GetAssignmentResponse> ResponsibilityClient::Call(
    const registry::v1::GetAssignmentRequest& request) {
  return impl_->Call(&Stub::GetAssignment, request);
}
absl::StatusOr<registry::v1::GetResponsibilityResponse> ResponsibilityClient::Call(
    const registry::v1::GetResponsibilityRequest& request) {
  return impl_->Call(&Stub::GetResponsibility, request);
}
absl::StatusOr<registry::v1::CorrectAssignmentResponse> ResponsibilityClient::Call(
    const registry::v1::CorrectAssignmentRequest& request) {
  return impl_->Call(&Stub::CorrectAssignment, request);
}
absl::StatusOr<registry::v1::EndAssignmentResponse> ResponsibilityClient::Call(
    const registry::v1::EndAssignmentRequest& request) {
  return impl_->Call(&Stub::EndAssignment, request);
}
absl::StatusOr<registry::v1::TransferResponsibilityResponse> ResponsibilityClient::Call(
    const registry::v1::TransferResponsibilityRequest& request) {
  return impl_->Call(&Stub::TransferResponsibility, request);
}
absl::StatusOr<registry::v1::PutAbsenceResponse> ResponsibilityClient::Call(
    const registry::v1::PutAbsenceRequest& request) {
  return impl_->Call(&Stub::PutAbsence, request);
}
absl::StatusOr<registry::v1::EndAbsenceResponse> ResponsibilityClient::Call(
    const registry::v1::EndAbsenceRequest& request) {
  return impl_->Call(&Stub::EndAbsence, request);
}
absl::StatusOr<registry::v1::ProposeHandOverResponse> ResponsibilityClient::Call(
    const registry::v1::ProposeHandOverRequest& request) {
  return impl_->Call(&Stub::ProposeHandOver, request);
}
absl::StatusOr<registry::v1::AcceptHandOverResponse> ResponsibilityClient::Call(
    const registry::v1::AcceptHandOverRequest& request) {
  return impl_->Call(&Stub::AcceptHandOver, request);
}
absl::StatusOr<registry::v1::DeclineHandOverResponse> ResponsibilityClient::Call(
    const registry::v1::DeclineHandOverRequest& request) {
  return impl_->Call(&Stub::DeclineHandOver, request);
}
absl::StatusOr<registry::v1::WithdrawHandOverResponse> ResponsibilityClient::Call(
    const registry::v1::WithdrawHandOverRequest& request) {
  return impl_->Call(&Stub::WithdrawHandOver, request);
}
absl::StatusOr<registry::v1::GetHandOverResponse> ResponsibilityClient::Call(
    const registry::v1::GetHandOverRequest& request) {
  return impl_->Call(&Stub::GetHandOver, request);
}
absl::StatusOr<registry::v1::ListHandOversResponse> ResponsibilityClient::Call(
    const registry::v1::ListHandOversRequest& request) {
  return impl_->Call(&Stub::ListHandOvers, request);
}
absl::StatusOr<registry::v1::MoveHomeResponse> ResponsibilityClient::Call(
    const registry::v1::MoveHomeRequest& request) {
  return impl_->Call(&Stub::MoveHome, request);
}
absl::StatusOr<registry::v1::DischargeResponse> ResponsibilityClient::Call(
    const registry::v1::DischargeRequest& request) {
  return impl_->Call(&Stub::Discharge, request);
}
absl::StatusOr<registry::v1::ChangeCareLevelResponse> ResponsibilityClient::Call(
    const registry::v1::ChangeCareLevelRequest& request) {
  return impl_->Call(&Stub::ChangeCareLevel, request);
}
absl::StatusOr<registry::v1::ReachAdulthoodResponse> ResponsibilityClient::Call(
    const registry::v1::ReachAdulthoodRequest& request) {
  return impl_->Call(&Stub::ReachAdulthood, request);
}
absl::StatusOr<registry::v1::EnterSpecialHousingResponse> ResponsibilityClient::Call(
    const registry::v1::EnterSpecialHousingRequest& request) {
  return impl_->Call(&Stub::EnterSpecialHousing, request);
}
absl::StatusOr<registry::v1::PutCostFactsResponse> ResponsibilityClient::Call(
    const registry::v1::PutCostFactsRequest& request) {
  return impl_->Call(&Stub::PutCostFacts, request);
}
absl::StatusOr<registry::v1::PutCostExceptionResponse> ResponsibilityClient::Call(
    const registry::v1::PutCostExceptionRequest& request) {
  return impl_->Call(&Stub::PutCostException, request);
}
absl::StatusOr<registry::v1::GetCostResponse> ResponsibilityClient::Call(const registry::v1::GetCostRequest& request) {
  return impl_->Call(&Stub::GetCost, request);
}

}  // namespace nara::tools
