// Who answers for whom from when: the rules of assignments.
//
// Thread-safe when its ports are. Every method authorizes before it reveals or changes
// anything; what is arranged already is checked inside the transaction that writes.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "common/time/clock.h"
#include "device_registry/responsibility/answering.h"
#include "device_registry/responsibility/store.h"

namespace nara::registry {

class Assignments {
 public:
  struct Deps {
    AssignmentStore& store;
    Store& registry;  // units, residents and devices
    const Rights& rights;
    const Clock& clock;
    // A fresh random id.
    std::function<std::string()> new_id;
  };

  explicit Assignments(Deps deps) : deps_(std::move(deps)), answering_(deps_.registry, deps_.rights) {}

  absl::StatusOr<v1::AssignDeviceResponse> AssignDevice(const Caller& caller, const v1::AssignDeviceRequest& request);
  absl::StatusOr<v1::EndAssignmentResponse> EndAssignment(const Caller& caller,
                                                          const v1::EndAssignmentRequest& request);
  absl::StatusOr<v1::TransferResponsibilityResponse> TransferResponsibility(
      const Caller& caller, const v1::TransferResponsibilityRequest& request);
  absl::StatusOr<v1::PutAbsenceResponse> PutAbsence(const Caller& caller, const v1::PutAbsenceRequest& request);
  absl::StatusOr<v1::EndAbsenceResponse> EndAbsence(const Caller& caller, const v1::EndAbsenceRequest& request);

  // What was, as it was believed: for who answered at the instant asked about.
  absl::StatusOr<v1::GetAssignmentResponse> GetAssignment(const Caller& caller,
                                                          const v1::GetAssignmentRequest& request);
  absl::StatusOr<v1::GetResponsibilityResponse> GetResponsibility(const Caller& caller,
                                                                  const v1::GetResponsibilityRequest& request);
  // For who answers for all of the assignment, before and after.
  absl::StatusOr<v1::CorrectAssignmentResponse> CorrectAssignment(const Caller& caller,
                                                                  const v1::CorrectAssignmentRequest& request);

 private:
  // A free device is for its owner and, when that is a region, for the region's
  // municipalities; one that runs is for who may end that.
  absl::Status CheckDevice(const Caller& caller, const v1::AssignDeviceRequest& request, const v1::Device& device,
                           const std::vector<v1::Assignment>& running, const google::protobuf::Timestamp& now) const;
  // Who uses the device: a resident, or a unit's residents.
  absl::Status CheckUser(const Caller& caller, const std::string& resident, const std::string& unit);
  // Both for GetAssignment and GetResponsibility, whose requests name the same.
  template <typename Request>
  absl::StatusOr<Reformed> FindThen(const Caller& caller, const Request& request, const std::string& assignment,
                                    const google::protobuf::Timestamp& at);
  // The error of an instant at which the device was nobody's, or that of others: both
  // look the same, and to whom the device is not shown now there is none.
  absl::Status NobodyThen(const Caller& caller, const std::string& device);
  // Looks up the units that the corrected change points name.
  absl::StatusOr<v1::Assignment> Wanted(const Caller& caller, const v1::CorrectAssignmentRequest& request);

  const Deps deps_;
  Answering answering_;
};

}  // namespace nara::registry
