#include "device_registry/responsibility/answering.h"

#include <utility>

#include "common/routes/timeline.h"

namespace nara::registry {

bool IsRegionOf(const std::string& region, const std::string& principal) {
  return region.size() == 2 && principal.size() == 4 && principal.starts_with(region);
}

std::vector<Object> FacesAt(const v1::Assignment& assignment, const google::protobuf::Timestamp& at) {
  const google::protobuf::Timestamp& then = Before(at, assignment.start_at()) ? assignment.start_at() : at;
  std::vector<Object> faces;
  for (const v1::Purpose purpose : {v1::PURPOSE_CARE, v1::PURPOSE_ALARM}) {
    const v1::Responsibility* point = ResponsibleAt(assignment, purpose, then);
    if (point == nullptr) continue;
    faces.push_back({.principal = point->principal(), .unit = point->unit(), .owner = {}, .receivers = {}});
  }
  return faces;
}

absl::StatusOr<v1::Unit> Answering::FindUnit(const std::string& id) {
  auto units = registry_.FindUnits({id});
  if (!units.ok()) return units.status();
  if (units->empty()) return NotThere("unit", id);
  return std::move(units->begin()->second);
}

absl::StatusOr<v1::Unit> Answering::UnitToAnswer(const Caller& caller, const std::string& id) {
  absl::StatusOr<v1::Unit> unit = FindUnit(id);
  if (!unit.ok()) return unit;
  const absl::Status status = rights_.Check(caller, Action::kAssign, OfUnit(*unit), "unit", id);
  if (!status.ok()) return status;
  return unit;
}

absl::Status Answering::CheckResident(const Caller& caller, const std::string& id) {
  const absl::StatusOr<std::optional<std::string>> principal = registry_.FindResident(id);
  if (!principal.ok()) return principal.status();
  if (!principal->has_value()) return NotThere("resident", id);
  return rights_.Check(caller, Action::kAssign, OfPrincipal(**principal), "resident", id);
}

absl::Status Answering::CheckAnswers(const Caller& caller, const v1::Assignment& assignment, v1::Purpose purpose,
                                     const google::protobuf::Timestamp& from,
                                     const google::protobuf::Timestamp& until) const {
  const google::protobuf::Timestamp& first = Before(from, assignment.start_at()) ? assignment.start_at() : from;
  const v1::Responsibility* answers = ResponsibleAt(assignment, purpose, first);
  if (answers == nullptr) return NotThere("assignment", assignment.id());
  absl::Status status =
      rights_.Check(caller, Action::kAssign, OfPrincipal(answers->principal()), "assignment", assignment.id());
  for (const v1::Responsibility& point : assignment.responsibilities()) {
    if (!status.ok()) break;
    if (point.purpose() != purpose || !Before(first, point.since()) || Before(until, point.since())) continue;
    status = rights_.Check(caller, Action::kAssign, OfPrincipal(point.principal()), "assignment", assignment.id());
  }
  return status;
}

absl::Status Answering::CheckSince(const Caller& caller, const v1::Assignment& assignment,
                                   const google::protobuf::Timestamp& since,
                                   const google::protobuf::Timestamp& now) const {
  return CheckAnswers(caller, assignment, v1::PURPOSE_CARE, Before(since, now) ? since : now, now);
}

}  // namespace nara::registry
