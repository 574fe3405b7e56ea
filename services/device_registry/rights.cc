#include "device_registry/rights.h"

#include "common/routes/timeline.h"

namespace nara::registry {

Object OfPrincipal(const std::string& principal) {
  return {.principal = principal, .unit = {}, .owner = {}, .receivers = {}};
}

Object OfUnit(const v1::Unit& unit) {
  return {.principal = unit.principal(), .unit = unit.id(), .owner = {}, .receivers = {}};
}

Object OfOwner(const std::string& principal) {
  return {.principal = {}, .unit = {}, .owner = principal, .receivers = {}};
}

std::vector<Object> FacesOf(const v1::Device& device, const google::protobuf::Timestamp& now) {
  std::vector<Object> faces = {OfOwner(device.owner())};
  // An assignment that was made just now starts at PostgreSQL's now, which may be
  // ahead of ours.
  const google::protobuf::Timestamp& start = device.assignment().start_at();
  const google::protobuf::Timestamp& at = Before(now, start) ? start : now;
  for (const v1::Purpose purpose : {v1::PURPOSE_CARE, v1::PURPOSE_ALARM}) {
    const v1::Responsibility* point = ResponsibleAt(device.assignment(), purpose, at);
    if (point == nullptr) continue;
    faces.push_back({.principal = point->principal(), .unit = point->unit(), .owner = {}, .receivers = {}});
  }
  return faces;
}

Actor ActorOf(const Caller& caller) {
  return {.id = caller.id, .via = caller.via, .reason = caller.reason};
}

absl::Status Rights::Check(const Caller& caller, Action action, const Object& object, const std::string& noun,
                           const std::string& id) const {
  return Refusal(authorizer_.Decide(caller, action, object), noun, id);
}

absl::Status Rights::CheckAny(const Caller& caller, Action action, const std::vector<Object>& faces,
                              const std::string& noun, const std::string& id) const {
  absl::Status refused = NotThere(noun, id);
  for (const Object& face : faces) {
    refused = Check(caller, action, face, noun, id);
    if (refused.ok()) break;
  }
  return refused;
}

absl::StatusOr<Visible> Rights::Reach(const Caller& caller, Action action) const {
  const Scope scope = authorizer_.Reach(caller, action);
  if (scope.nothing()) return Refusal({}, "", "");
  return Visible{.all = scope.all, .principal = scope.principal, .units = scope.units};
}

}  // namespace nara::registry
