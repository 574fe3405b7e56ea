#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/config/shared.h"
#include "nara/registry/v1/responsibility.pb.h"

namespace nara::tools {

// The registry's calls about who answers for whom; each has a deadline and returns the
// platform's error with its reason. Thread-safe.
class ResponsibilityClient {
 public:
  // `reason` is why it is called, for the audit; may be empty.
  ResponsibilityClient(const std::string& address, const config::Tls& tls, std::string reason = {});
  ~ResponsibilityClient();

  absl::StatusOr<registry::v1::GetAssignmentResponse> Call(const registry::v1::GetAssignmentRequest& request);
  absl::StatusOr<registry::v1::GetResponsibilityResponse> Call(const registry::v1::GetResponsibilityRequest& request);
  absl::StatusOr<registry::v1::CorrectAssignmentResponse> Call(const registry::v1::CorrectAssignmentRequest& request);
  absl::StatusOr<registry::v1::EndAssignmentResponse> Call(const registry::v1::EndAssignmentRequest& request);
  absl::StatusOr<registry::v1::TransferResponsibilityResponse> Call(
      const registry::v1::TransferResponsibilityRequest& request);
  absl::StatusOr<registry::v1::PutAbsenceResponse> Call(const registry::v1::PutAbsenceRequest& request);
  absl::StatusOr<registry::v1::EndAbsenceResponse> Call(const registry::v1::EndAbsenceRequest& request);
  absl::StatusOr<registry::v1::ProposeHandOverResponse> Call(const registry::v1::ProposeHandOverRequest& request);
  absl::StatusOr<registry::v1::AcceptHandOverResponse> Call(const registry::v1::AcceptHandOverRequest& request);
  absl::StatusOr<registry::v1::DeclineHandOverResponse> Call(const registry::v1::DeclineHandOverRequest& request);
  absl::StatusOr<registry::v1::WithdrawHandOverResponse> Call(const registry::v1::WithdrawHandOverRequest& request);
  absl::StatusOr<registry::v1::GetHandOverResponse> Call(const registry::v1::GetHandOverRequest& request);
  absl::StatusOr<registry::v1::ListHandOversResponse> Call(const registry::v1::ListHandOversRequest& request);
  absl::StatusOr<registry::v1::MoveHomeResponse> Call(const registry::v1::MoveHomeRequest& request);
  absl::StatusOr<registry::v1::DischargeResponse> Call(const registry::v1::DischargeRequest& request);
  absl::StatusOr<registry::v1::ChangeCareLevelResponse> Call(const registry::v1::ChangeCareLevelRequest& request);
  absl::StatusOr<registry::v1::ReachAdulthoodResponse> Call(const registry::v1::ReachAdulthoodRequest& request);
  absl::StatusOr<registry::v1::EnterSpecialHousingResponse> Call(
      const registry::v1::EnterSpecialHousingRequest& request);
  absl::StatusOr<registry::v1::PutCostFactsResponse> Call(const registry::v1::PutCostFactsRequest& request);
  absl::StatusOr<registry::v1::PutCostExceptionResponse> Call(const registry::v1::PutCostExceptionRequest& request);
  absl::StatusOr<registry::v1::GetCostResponse> Call(const registry::v1::GetCostRequest& request);

 private:
  class Impl;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace nara::tools
