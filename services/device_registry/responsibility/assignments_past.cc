// What was, what was believed, and what is set right afterwards.
#include <algorithm>
#include <set>
#include <utility>

#include "common/routes/timeline.h"
#include "common/rpc/error.h"
#include "common/time/proto_time.h"
#include "device_registry/responsibility/assignments.h"
#include "device_registry/responsibility/forms.h"
#include "device_registry/validation.h"

namespace nara::registry {
namespace {

using google::protobuf::Timestamp;

absl::Status ValidateInstants(bool has_at, const Timestamp& at, const v1::Belief& belief) {
  if (has_at) {
    if (absl::Status status = ValidateTime("at", at); !status.ok()) return status;
  }
  return belief.has_at() ? ValidateTime("belief", belief.at()) : absl::OkStatus();
}

absl::Status ValidateMask(const v1::CorrectAssignmentRequest& request) {
  static const std::set<std::string> kPaths = {"start_at", "end_at", "resident", "unit", "responsibilities"};
  if (request.update_mask().paths().empty()) return Invalid("update_mask", "names what was wrong");
  for (const std::string& path : request.update_mask().paths()) {
    if (!kPaths.contains(path)) {
      return Invalid("update_mask", "holds start_at, end_at, resident, unit and responsibilities only");
    }
    if (path == "start_at" && !request.assignment().has_start_at()) return Invalid("start_at", "is set");
  }
  return absl::OkStatus();
}

absl::Status ValidateTimes(const v1::Assignment& assignment) {
  if (assignment.has_start_at()) {
    if (absl::Status status = ValidateTime("start_at", assignment.start_at()); !status.ok()) return status;
  }
  if (assignment.has_end_at()) {
    if (absl::Status status = ValidateTime("end_at", assignment.end_at()); !status.ok()) return status;
  }
  for (const v1::Responsibility& point : assignment.responsibilities()) {
    if (absl::Status status = ValidateTime("since", point.since()); !status.ok()) return status;
    if (point.purpose() != v1::PURPOSE_CARE && point.purpose() != v1::PURPOSE_ALARM) {
      return Invalid("purpose", "is CARE or ALARM");
    }
  }
  return absl::OkStatus();
}

// In place of the change points of the purposes that are named.
void ReplacePoints(v1::Assignment& form, const v1::Assignment& wanted) {
  std::set<int> purposes;
  for (const v1::Responsibility& point : wanted.responsibilities()) purposes.insert(point.purpose());
  v1::Assignment kept = form;
  form.clear_responsibilities();
  for (const v1::Responsibility& point : kept.responsibilities()) {
    if (!purposes.contains(point.purpose())) *form.add_responsibilities() = point;
  }
  form.mutable_responsibilities()->MergeFrom(wanted.responsibilities());
  SortPoints(form);
}

absl::Status CheckForm(const v1::Assignment& form) {
  if (form.resident().empty() == form.unit().empty()) return Invalid("resident", "is set, or unit, and not both");
  if (form.has_end_at() && !Before(form.start_at(), form.end_at())) {
    return Invalid("end_at", "is later than start_at");
  }
  std::set<int> from_start;
  const v1::Responsibility* previous = nullptr;
  for (const v1::Responsibility& point : form.responsibilities()) {
    const bool inside =
        !Before(point.since(), form.start_at()) && (!form.has_end_at() || Before(point.since(), form.end_at()));
    const bool twice =
        previous != nullptr && previous->purpose() == point.purpose() && SameTime(previous->since(), point.since());
    if (!inside || twice)
      return Invalid("responsibilities", "lie inside the assignment, each at an instant of its own");
    if (SameTime(point.since(), form.start_at())) from_start.insert(point.purpose());
    previous = &point;
  }
  return from_start.size() == 2 ? absl::OkStatus()
                                : Invalid("responsibilities", "begin at the start, for CARE and for ALARM");
}

absl::StatusOr<v1::Assignment> Corrected(const v1::Assignment& before, const v1::Assignment& wanted,
                                         const google::protobuf::FieldMask& mask) {
  const std::set<std::string> paths(mask.paths().begin(), mask.paths().end());
  v1::Assignment form = before;
  if (paths.contains("start_at")) StartAt(form, wanted.start_at());
  if (paths.contains("end_at")) {
    form.clear_end_at();
    if (wanted.has_end_at()) EndAt(form, wanted.end_at());
  }
  if (paths.contains("resident") || paths.contains("unit")) {
    form.set_resident(wanted.resident());
    form.set_unit(wanted.unit());
  }
  if (paths.contains("responsibilities")) ReplacePoints(form, wanted);
  if (form.unit().empty() != before.unit().empty()) {
    return Invalid("unit", "stays set, or unset: end the assignment, and make another one");
  }
  absl::Status status = CheckForm(form);
  if (!status.ok()) return status;
  return form;
}

}  // namespace

absl::Status Assignments::NobodyThen(const Caller& caller, const std::string& device) {
  const auto devices = deps_.registry.FindDevices({device});
  if (!devices.ok()) return devices.status();
  if (devices->empty()) return NotThere("device", device);
  const std::vector<Object> faces = FacesOf(devices->begin()->second, ToProto(deps_.clock.Now()));
  const absl::Status known = deps_.rights.CheckAny(caller, Action::kReadDevice, faces, "device", device);
  if (!known.ok()) return known;
  return rpc::Error(absl::StatusCode::kNotFound, "NOBODY_ANSWERED",
                    "nobody whom you may see answered for the device at that time; ask for another time",
                    {{"device", device}});
}

template <typename Request>
absl::StatusOr<Reformed> Assignments::FindThen(const Caller& caller, const Request& request,
                                               const std::string& assignment, const Timestamp& at) {
  const std::string noun = assignment.empty() ? "device" : "assignment";
  const std::string& id = assignment.empty() ? request.device() : assignment;
  if (absl::Status status = ValidateOpaqueId(noun, id); !status.ok()) return status;
  if (absl::Status status = ValidateInstants(request.has_at(), request.at(), request.belief()); !status.ok()) {
    return status;
  }
  AssignmentQuery query{.assignment = assignment, .device = request.device(), .at = at, .believed = {}};
  if (request.belief().has_at()) {
    const absl::StatusOr<std::uint64_t> revision = deps_.store.RevisionAt(request.belief().at());
    if (!revision.ok()) return revision.status();
    query.believed = *revision;
  } else if (request.belief().belief_case() == v1::Belief::kRevision) {
    query.believed = request.belief().revision();
  }
  absl::StatusOr<std::optional<Reformed>> found = deps_.store.Find(query);
  if (!found.ok()) return found.status();
  std::vector<Object> faces{{}};
  if (found->has_value()) faces = FacesAt((*found)->assignment, at);
  absl::Status status = deps_.rights.CheckAny(caller, Action::kReadDevice, faces, noun, id);
  if (status.ok() && found->has_value()) return **std::move(found);
  if (status.ok()) status = NotThere(noun, id);
  return assignment.empty() && absl::IsNotFound(status) ? NobodyThen(caller, id) : status;
}

absl::StatusOr<v1::GetAssignmentResponse> Assignments::GetAssignment(const Caller& caller,
                                                                     const v1::GetAssignmentRequest& request) {
  const Timestamp at = request.has_at() ? request.at() : ToProto(deps_.clock.Now());
  absl::StatusOr<Reformed> found = FindThen(caller, request, request.assignment(), at);
  if (!found.ok()) return found.status();
  v1::GetAssignmentResponse response;
  *response.mutable_assignment() = std::move(found->assignment);
  response.set_revision(found->revision);
  return response;
}

absl::StatusOr<v1::GetResponsibilityResponse> Assignments::GetResponsibility(
    const Caller& caller, const v1::GetResponsibilityRequest& request) {
  if (request.purpose() != v1::PURPOSE_CARE && request.purpose() != v1::PURPOSE_ALARM) {
    return Invalid("purpose", "is CARE or ALARM; GetCost says who pays");
  }
  const Timestamp at = request.has_at() ? request.at() : ToProto(deps_.clock.Now());
  const absl::StatusOr<Reformed> found = FindThen(caller, request, "", at);
  if (!found.ok()) return found.status();
  const v1::Responsibility* point = ResponsibleAt(found->assignment, request.purpose(), at);
  if (point == nullptr) return NotThere("device", request.device());
  v1::GetResponsibilityResponse response;
  response.set_assignment(found->assignment.id());
  response.set_resident(found->assignment.resident());
  *response.mutable_responsibility() = *point;
  response.set_revision(found->revision);
  return response;
}

absl::StatusOr<v1::Assignment> Assignments::Wanted(const Caller& caller, const v1::CorrectAssignmentRequest& request) {
  v1::Assignment wanted = request.assignment();
  if (wanted.has_start_at()) *wanted.mutable_start_at() = Stored(wanted.start_at());
  if (wanted.has_end_at()) *wanted.mutable_end_at() = Stored(wanted.end_at());
  for (v1::Responsibility& point : *wanted.mutable_responsibilities()) {
    const absl::StatusOr<v1::Unit> unit = answering_.UnitToAnswer(caller, point.unit());
    if (!unit.ok()) return unit.status();
    point = PointOf(point.purpose(), *unit, Stored(point.since()));
  }
  const auto& paths = request.update_mask().paths();
  const bool user = std::any_of(paths.begin(), paths.end(),
                                [](const std::string& path) { return path == "resident" || path == "unit"; });
  const absl::Status status = user ? CheckUser(caller, wanted.resident(), wanted.unit()) : absl::OkStatus();
  if (!status.ok()) return status;
  return wanted;
}

absl::StatusOr<v1::CorrectAssignmentResponse> Assignments::CorrectAssignment(
    const Caller& caller, const v1::CorrectAssignmentRequest& request) {
  const std::string& id = request.assignment().id();
  absl::Status status = ValidateOpaqueId("assignment", id);
  if (status.ok()) status = ValidateMask(request);
  if (status.ok()) status = ValidateTimes(request.assignment());
  if (!status.ok()) return status;
  const absl::StatusOr<v1::Assignment> wanted = Wanted(caller, request);
  if (!wanted.ok()) return wanted.status();
  const auto correct = [&](const Standing& standing) -> absl::StatusOr<v1::Assignment> {
    const v1::Assignment& before = standing.assignment;
    for (const v1::Responsibility& point : before.responsibilities()) {
      absl::Status answers =
          deps_.rights.Check(caller, Action::kAssign, OfPrincipal(point.principal()), "assignment", id);
      if (!answers.ok()) return answers;
    }
    absl::StatusOr<v1::Assignment> form = Corrected(before, *wanted, request.update_mask());
    if (!form.ok()) return form;
    const bool same = form->SerializeAsString() == before.SerializeAsString();
    if (!same && request.revision() != standing.revision) {
      return rpc::Error(absl::StatusCode::kAborted, "STALE_VERSION", "the assignment has changed since; read it again",
                        {{"assignment", id}});
    }
    return form;
  };
  absl::StatusOr<Reformed> reformed = deps_.store.Change(ActorOf(caller), "correct", id, correct);
  if (!reformed.ok()) return reformed.status();
  v1::CorrectAssignmentResponse response;
  *response.mutable_assignment() = std::move(reformed->assignment);
  response.set_revision(reformed->revision);
  for (v1::Correction& correction : reformed->corrections) *response.add_corrections() = std::move(correction);
  return response;
}

}  // namespace nara::registry
