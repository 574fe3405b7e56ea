#include "device_registry/responsibility/assignments.h"

#include <utility>

#include "common/routes/timeline.h"
#include "device_registry/validation.h"

namespace nara::registry {
namespace {

// A region ("14") has the first digits of its municipalities' codes ("1480").
bool IsRegionOf(const std::string& region, const std::string& principal) {
  return region.size() == 2 && principal.size() == 4 && principal.starts_with(region);
}

}  // namespace

// A unit to which a responsibility may be given. It stays with its principal, so what
// is right now is right in the transaction too.
absl::StatusOr<v1::Unit> Assignments::UnitToAnswer(const Caller& caller, const std::string& id) {
  auto units = deps_.registry.FindUnits({id});
  if (!units.ok()) return units.status();
  if (units->empty()) return NotThere("unit", id);
  v1::Unit unit = std::move(units->begin()->second);
  if (absl::Status status = deps_.rights.Check(caller, Action::kAssign, OfUnit(unit), "unit", id); !status.ok())
    return status;
  return unit;
}

absl::Status Assignments::CheckResident(const Caller& caller, const std::string& id) {
  const absl::StatusOr<std::optional<std::string>> principal = deps_.registry.FindResident(id);
  if (!principal.ok()) return principal.status();
  if (!principal->has_value()) return NotThere("resident", id);
  return deps_.rights.Check(caller, Action::kAssign, OfPrincipal(**principal), "resident", id);
}

absl::Status Assignments::CheckAnswers(const Caller& caller, const v1::Assignment& assignment, v1::Purpose purpose,
                                       const google::protobuf::Timestamp& from,
                                       const google::protobuf::Timestamp& until) const {
  const google::protobuf::Timestamp& first = Before(from, assignment.start_at()) ? assignment.start_at() : from;
  const v1::Responsibility* answers = ResponsibleAt(assignment, purpose, first);
  if (answers == nullptr) return NotThere("assignment", assignment.id());
  absl::Status status =
      deps_.rights.Check(caller, Action::kAssign, OfPrincipal(answers->principal()), "assignment", assignment.id());
  for (const v1::Responsibility& point : assignment.responsibilities()) {
    if (!status.ok()) break;
    if (point.purpose() != purpose || !Before(first, point.since()) || Before(until, point.since())) continue;
    status = deps_.rights.Check(caller, Action::kAssign, OfPrincipal(point.principal()), "assignment", assignment.id());
  }
  return status;
}

absl::Status Assignments::CheckEnd(const Caller& caller, const v1::Assignment& assignment,
                                   const google::protobuf::Timestamp& end_at,
                                   const google::protobuf::Timestamp& now) const {
  return CheckAnswers(caller, assignment, v1::PURPOSE_CARE, Before(end_at, now) ? end_at : now, now);
}

absl::Status Assignments::CheckDevice(const Caller& caller, const v1::AssignDeviceRequest& request,
                                      const v1::Device& device, const std::vector<v1::Assignment>& running,
                                      const google::protobuf::Timestamp& now) const {
  for (const v1::Assignment& assignment : running) {
    const absl::Status status = CheckEnd(caller, assignment, request.has_start_at() ? request.start_at() : now, now);
    if (!status.ok()) return absl::IsNotFound(status) ? NotThere("device", device.id()) : status;
  }
  if (!running.empty() || IsRegionOf(device.owner(), caller.principal)) return absl::OkStatus();
  const Object object = OfOwner(device.owner());
  return deps_.rights.Check(caller, Action::kAssign, object, "device", device.id());
}

absl::StatusOr<v1::AssignDeviceResponse> Assignments::AssignDevice(const Caller& caller,
                                                                   const v1::AssignDeviceRequest& request) {
  if (absl::Status status = Validate(request); !status.ok()) return status;
  absl::StatusOr<v1::Unit> care = UnitToAnswer(caller, request.care_unit());
  if (!care.ok()) return care.status();
  absl::StatusOr<v1::Unit> alarm =
      request.alarm_unit() == request.care_unit() ? care : UnitToAnswer(caller, request.alarm_unit());
  if (!alarm.ok()) return alarm.status();
  if (absl::Status status = CheckResident(caller, request.resident()); !status.ok()) return status;
  NewAssignment plan{.request = request, .care = *std::move(care), .alarm = *std::move(alarm), .guard = {}};
  plan.guard = [&](const v1::Device& device, const std::vector<v1::Assignment>& running,
                   const google::protobuf::Timestamp& now) {
    return CheckDevice(caller, request, device, running, now);
  };
  if (request.assignment().empty()) plan.request.set_assignment(deps_.new_id());
  absl::StatusOr<v1::Assignment> assignment = deps_.store.Assign(ActorOf(caller), plan);
  if (!assignment.ok()) return assignment.status();
  v1::AssignDeviceResponse response;
  *response.mutable_assignment() = *std::move(assignment);
  return response;
}

absl::StatusOr<v1::EndAssignmentResponse> Assignments::EndAssignment(const Caller& caller,
                                                                     const v1::EndAssignmentRequest& request) {
  if (absl::Status status = ValidateOpaqueId("assignment", request.assignment()); !status.ok()) return status;
  if (request.has_end_at()) {
    if (absl::Status status = ValidateTime("end_at", request.end_at()); !status.ok()) return status;
  }
  const auto guard = [&](const v1::Assignment& running, const google::protobuf::Timestamp& now) {
    return CheckEnd(caller, running, request.has_end_at() ? request.end_at() : now, now);
  };
  absl::StatusOr<v1::Assignment> assignment = deps_.store.End(ActorOf(caller), request, guard);
  if (!assignment.ok()) return assignment.status();
  v1::EndAssignmentResponse response;
  *response.mutable_assignment() = *std::move(assignment);
  return response;
}

absl::StatusOr<v1::TransferResponsibilityResponse> Assignments::TransferResponsibility(
    const Caller& caller, const v1::TransferResponsibilityRequest& request) {
  if (absl::Status status = Validate(request); !status.ok()) return status;
  const absl::StatusOr<v1::Unit> unit = UnitToAnswer(caller, request.unit());
  if (!unit.ok()) return unit.status();
  // Later change points stay, so only who answers at that instant is superseded.
  const auto guard = [&](const v1::Assignment& running, const google::protobuf::Timestamp& now) {
    const google::protobuf::Timestamp& since = request.has_since() ? request.since() : now;
    return CheckAnswers(caller, running, request.purpose(), since, since);
  };
  absl::StatusOr<v1::Assignment> assignment = deps_.store.Transfer(ActorOf(caller), request, *unit, guard);
  if (!assignment.ok()) return assignment.status();
  v1::TransferResponsibilityResponse response;
  *response.mutable_assignment() = *std::move(assignment);
  return response;
}

}  // namespace nara::registry
