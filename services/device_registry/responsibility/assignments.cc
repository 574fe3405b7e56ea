#include "device_registry/responsibility/assignments.h"

#include <algorithm>
#include <utility>

#include "common/routes/timeline.h"
#include "common/rpc/error.h"
#include "device_registry/responsibility/forms.h"
#include "device_registry/validation.h"

namespace nara::registry {
namespace {

using google::protobuf::Timestamp;

absl::Status Failed(const std::string& reason, const std::string& message, const std::string& assignment) {
  return rpc::Error(absl::StatusCode::kFailedPrecondition, reason, message, {{"assignment", assignment}});
}

v1::Ground UsualGround(const v1::AssignDeviceRequest& request) {
  if (!request.unit().empty()) return v1::GROUND_UNIT_EQUIPMENT;
  return request.regime() == v1::REGIME_HSL ? v1::GROUND_PRESCRIBED : v1::GROUND_ASSESSED;
}

absl::Status ValidateGround(const v1::AssignDeviceRequest& request) {
  const v1::Ground ground = request.ground();
  if (!v1::Ground_IsValid(ground)) return Invalid("ground", "is one of the enum Ground");
  if (ground == v1::GROUND_PRESCRIBED && request.regime() != v1::REGIME_HSL) {
    return Invalid("ground", "is not PRESCRIBED under SoL and LSS: there a device is ordered");
  }
  if (ground == v1::GROUND_ASSESSED && request.regime() == v1::REGIME_HSL) {
    return Invalid("ground", "is not ASSESSED under HSL: there a device is prescribed or ordered");
  }
  if ((ground == v1::GROUND_UNIT_EQUIPMENT) != !request.unit().empty()) {
    return Invalid("ground", "is UNIT_EQUIPMENT when the device is a unit's, and only then");
  }
  return absl::OkStatus();
}

absl::StatusOr<v1::Assignment> Ended(const v1::Assignment& assignment, const Timestamp& end_at) {
  // The same again is no error.
  if (assignment.has_end_at() && SameTime(assignment.end_at(), end_at)) return assignment;
  if (assignment.has_end_at() || !Before(assignment.start_at(), end_at)) {
    return Failed("ASSIGNMENT_ENDED", "the assignment has ended, or begins later than that", assignment.id());
  }
  v1::Assignment ended = assignment;
  EndAt(ended, end_at);
  return ended;
}

absl::StatusOr<v1::Assignment> Transferred(const v1::Assignment& assignment, const v1::Responsibility& point) {
  for (const v1::Responsibility& known : assignment.responsibilities()) {
    if (known.purpose() != point.purpose() || !SameTime(known.since(), point.since())) continue;
    if (known.unit() == point.unit()) return assignment;
    return Failed("TRANSFER_OUTSIDE", "another change point is at that instant; choose another", assignment.id());
  }
  const bool inside = Before(assignment.start_at(), point.since()) &&
                      (!assignment.has_end_at() || Before(point.since(), assignment.end_at()));
  if (!inside) {
    return Failed("TRANSFER_OUTSIDE", "a transfer lies inside the assignment, after its start", assignment.id());
  }
  v1::Assignment transferred = assignment;
  *transferred.add_responsibilities() = point;
  SortPoints(transferred);
  return transferred;
}

absl::Status ValidateAbsence(const v1::Absence& absence) {
  if (!v1::AbsenceKind_IsValid(absence.kind()) || absence.kind() == v1::ABSENCE_KIND_UNSPECIFIED) {
    return Invalid("kind", "is HOSPITAL, LEAVE or OTHER");
  }
  if (absence.has_start_at()) {
    if (absl::Status status = ValidateTime("start_at", absence.start_at()); !status.ok()) return status;
  }
  if (!absence.has_end_at()) return absl::OkStatus();
  if (absl::Status status = ValidateTime("end_at", absence.end_at()); !status.ok()) return status;
  const bool order = !absence.has_start_at() || Before(absence.start_at(), absence.end_at());
  return order ? absl::OkStatus() : Invalid("end_at", "is later than start_at");
}

absl::Status Overlaps(const v1::Absence& known, const std::string& assignment) {
  return rpc::Error(absl::StatusCode::kFailedPrecondition, "ABSENCE_OVERLAPS",
                    "the resident is away in some of that time already; end that absence, or begin later",
                    {{"assignment", assignment}, {"absence", known.id()}});
}

absl::Status FitsAbsence(const v1::Assignment& assignment, const v1::Absence& absence, const Timestamp& start) {
  if (assignment.resident().empty()) {
    return Failed("SHARED_DEVICE", "a unit's device has no resident who could be away", assignment.id());
  }
  const bool inside =
      !Before(start, assignment.start_at()) && (!assignment.has_end_at() || Before(start, assignment.end_at()));
  if (!inside) return Failed("ABSENCE_OUTSIDE", "an absence begins while the assignment runs", assignment.id());
  if (absence.has_end_at() && !Before(start, absence.end_at())) return Invalid("end_at", "is later than start_at");
  return absl::OkStatus();
}

// Within one write nobody else adds one. The same id again is a retry, or another wish
// of that id: the store says which.
absl::Status FitsOthers(const v1::Assignment& assignment, const v1::Absence& absence, const Timestamp& start) {
  for (const v1::Absence& known : assignment.absences()) {
    if (known.id() == absence.id()) return absl::OkStatus();
  }
  for (const v1::Absence& known : assignment.absences()) {
    const bool over = known.has_end_at() && !Before(start, known.end_at());
    const bool later = absence.has_end_at() && !Before(known.start_at(), absence.end_at());
    if (!over && !later) return Overlaps(known, assignment.id());
  }
  return absl::OkStatus();
}

// Nor does one that lasts longer than was said reach into the next.
absl::Status FitsNext(const v1::Assignment& assignment, const std::string& absence, const Timestamp& end) {
  const auto& all = assignment.absences();
  const auto mine = std::find_if(all.begin(), all.end(), [&](const v1::Absence& one) { return one.id() == absence; });
  const bool longer = mine != all.end() && mine->has_end_at() && Before(mine->end_at(), end);
  if (!longer) return absl::OkStatus();
  for (const v1::Absence& known : all) {
    const bool between = !Before(known.start_at(), mine->end_at()) && Before(known.start_at(), end);
    if (between) return Overlaps(known, assignment.id());
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status Assignments::CheckUser(const Caller& caller, const std::string& resident, const std::string& unit) {
  if (resident.empty() == unit.empty()) return Invalid("resident", "is set, or unit, and not both");
  return unit.empty() ? answering_.CheckResident(caller, resident) : answering_.UnitToAnswer(caller, unit).status();
}

absl::Status Assignments::CheckDevice(const Caller& caller, const v1::AssignDeviceRequest& request,
                                      const v1::Device& device, const std::vector<v1::Assignment>& running,
                                      const Timestamp& now) const {
  for (const v1::Assignment& assignment : running) {
    const absl::Status status =
        answering_.CheckSince(caller, assignment, request.has_start_at() ? request.start_at() : now, now);
    if (!status.ok()) return absl::IsNotFound(status) ? NotThere("device", device.id()) : status;
  }
  if (!running.empty() || IsRegionOf(device.owner(), caller.principal)) return absl::OkStatus();
  return deps_.rights.Check(caller, Action::kAssign, OfOwner(device.owner()), "device", device.id());
}

absl::StatusOr<v1::AssignDeviceResponse> Assignments::AssignDevice(const Caller& caller,
                                                                   const v1::AssignDeviceRequest& asked) {
  if (absl::Status status = Validate(asked); !status.ok()) return status;
  v1::AssignDeviceRequest request = asked;
  if (request.has_start_at()) *request.mutable_start_at() = Stored(request.start_at());
  if (request.ground() == v1::GROUND_UNSPECIFIED) request.set_ground(UsualGround(request));
  if (absl::Status status = ValidateGround(request); !status.ok()) return status;
  absl::StatusOr<v1::Unit> care = answering_.UnitToAnswer(caller, request.care_unit());
  if (!care.ok()) return care.status();
  absl::StatusOr<v1::Unit> alarm =
      request.alarm_unit() == request.care_unit() ? care : answering_.UnitToAnswer(caller, request.alarm_unit());
  if (!alarm.ok()) return alarm.status();
  if (absl::Status status = CheckUser(caller, request.resident(), request.unit()); !status.ok()) return status;
  if (request.assignment().empty()) request.set_assignment(deps_.new_id());
  NewAssignment plan{.request = request, .care = *std::move(care), .alarm = *std::move(alarm), .guard = {}};
  plan.guard = [&](const v1::Device& device, const std::vector<v1::Assignment>& running, const Timestamp& now) {
    return CheckDevice(caller, request, device, running, now);
  };
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
  const auto end = [&](const Standing& standing) -> absl::StatusOr<v1::Assignment> {
    const Timestamp end_at = request.has_end_at() ? Stored(request.end_at()) : standing.now;
    const absl::Status status = answering_.CheckSince(caller, standing.assignment, end_at, standing.now);
    return status.ok() ? Ended(standing.assignment, end_at) : status;
  };
  absl::StatusOr<Reformed> reformed = deps_.store.Change(ActorOf(caller), "end", request.assignment(), end);
  if (!reformed.ok()) return reformed.status();
  v1::EndAssignmentResponse response;
  *response.mutable_assignment() = std::move(reformed->assignment);
  return response;
}

absl::StatusOr<v1::TransferResponsibilityResponse> Assignments::TransferResponsibility(
    const Caller& caller, const v1::TransferResponsibilityRequest& request) {
  if (absl::Status status = Validate(request); !status.ok()) return status;
  const absl::StatusOr<v1::Unit> unit = answering_.UnitToAnswer(caller, request.unit());
  if (!unit.ok()) return unit.status();
  // Later change points stay, so only who answers at that instant is superseded.
  const auto transfer = [&](const Standing& standing) -> absl::StatusOr<v1::Assignment> {
    const Timestamp since = request.has_since() ? Stored(request.since()) : standing.now;
    const absl::Status status = answering_.CheckAnswers(caller, standing.assignment, request.purpose(), since, since);
    return status.ok() ? Transferred(standing.assignment, PointOf(request.purpose(), *unit, since)) : status;
  };
  absl::StatusOr<Reformed> reformed = deps_.store.Change(ActorOf(caller), "transfer", request.assignment(), transfer);
  if (!reformed.ok()) return reformed.status();
  v1::TransferResponsibilityResponse response;
  *response.mutable_assignment() = std::move(reformed->assignment);
  return response;
}

absl::StatusOr<v1::PutAbsenceResponse> Assignments::PutAbsence(const Caller& caller,
                                                               const v1::PutAbsenceRequest& request) {
  if (absl::Status status = ValidateOpaqueId("assignment", request.assignment()); !status.ok()) return status;
  if (absl::Status status = ValidateAbsence(request.absence()); !status.ok()) return status;
  v1::Absence absence = request.absence();
  if (absence.id().empty()) absence.set_id(deps_.new_id());
  if (absl::Status status = ValidateOpaqueId("absence", absence.id()); !status.ok()) return status;
  if (absence.has_start_at()) *absence.mutable_start_at() = Stored(absence.start_at());
  if (absence.has_end_at()) *absence.mutable_end_at() = Stored(absence.end_at());
  const auto guard = [&](const Standing& standing) -> absl::Status {
    const Timestamp start = absence.has_start_at() ? absence.start_at() : standing.now;
    absl::Status status = answering_.CheckSince(caller, standing.assignment, start, standing.now);
    if (status.ok()) status = FitsAbsence(standing.assignment, absence, start);
    return status.ok() ? FitsOthers(standing.assignment, absence, start) : status;
  };
  absl::StatusOr<v1::Absence> stored = deps_.store.PutAbsence(ActorOf(caller), request.assignment(), absence, guard);
  if (!stored.ok()) return stored.status();
  v1::PutAbsenceResponse response;
  *response.mutable_absence() = *std::move(stored);
  return response;
}

absl::StatusOr<v1::EndAbsenceResponse> Assignments::EndAbsence(const Caller& caller,
                                                               const v1::EndAbsenceRequest& asked) {
  if (absl::Status status = ValidateOpaqueId("absence", asked.absence()); !status.ok()) return status;
  v1::EndAbsenceRequest request = asked;
  if (request.has_end_at()) {
    if (absl::Status status = ValidateTime("end_at", request.end_at()); !status.ok()) return status;
    *request.mutable_end_at() = Stored(request.end_at());
  }
  const auto guard = [&](const Standing& standing) -> absl::Status {
    const Timestamp& end = request.has_end_at() ? request.end_at() : standing.now;
    const absl::Status status = answering_.CheckSince(caller, standing.assignment, end, standing.now);
    if (absl::IsNotFound(status)) return NotThere("absence", request.absence());
    // Without an end, one that is over stays as it ended.
    const bool named = status.ok() && request.has_end_at();
    return named ? FitsNext(standing.assignment, request.absence(), end) : status;
  };
  absl::StatusOr<v1::Absence> stored = deps_.store.EndAbsence(ActorOf(caller), request, guard);
  if (!stored.ok()) return stored.status();
  v1::EndAbsenceResponse response;
  *response.mutable_absence() = *std::move(stored);
  return response;
}

}  // namespace nara::registry
