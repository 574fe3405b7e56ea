// Who answers for whom from when: the rules of assignments.
//
// Thread-safe when its ports are. Every method authorizes before it reveals or changes
// anything; what is arranged already is checked inside the transaction that writes.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "device_registry/responsibility/store.h"
#include "device_registry/rights.h"

namespace nara::registry {

class Assignments {
 public:
  struct Deps {
    AssignmentStore& store;
    Store& registry;  // units and residents
    const Rights& rights;
    // A fresh random id.
    std::function<std::string()> new_id;
  };

  explicit Assignments(Deps deps) : deps_(std::move(deps)) {}

  absl::StatusOr<v1::AssignDeviceResponse> AssignDevice(const Caller& caller, const v1::AssignDeviceRequest& request);
  absl::StatusOr<v1::EndAssignmentResponse> EndAssignment(const Caller& caller,
                                                          const v1::EndAssignmentRequest& request);
  absl::StatusOr<v1::TransferResponsibilityResponse> TransferResponsibility(
      const Caller& caller, const v1::TransferResponsibilityRequest& request);

 private:
  absl::StatusOr<v1::Unit> UnitToAnswer(const Caller& caller, const std::string& id);
  absl::Status CheckResident(const Caller& caller, const std::string& id);
  // Does the caller's principal answer for the purpose at `from` and at every change
  // point until `until`? At the start, when that is later than `from`.
  absl::Status CheckAnswers(const Caller& caller, const v1::Assignment& assignment, v1::Purpose purpose,
                            const google::protobuf::Timestamp& from, const google::protobuf::Timestamp& until) const;
  // To end it is for who answers for CARE now, and since the end if that is earlier.
  absl::Status CheckEnd(const Caller& caller, const v1::Assignment& assignment,
                        const google::protobuf::Timestamp& end_at, const google::protobuf::Timestamp& now) const;
  // A free device is for its owner and, when that is a region, for the region's
  // municipalities; one that runs is for who may end that.
  absl::Status CheckDevice(const Caller& caller, const v1::AssignDeviceRequest& request, const v1::Device& device,
                           const std::vector<v1::Assignment>& running, const google::protobuf::Timestamp& now) const;

  const Deps deps_;
};

}  // namespace nara::registry
