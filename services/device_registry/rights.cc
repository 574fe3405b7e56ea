#include "device_registry/rights.h"

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
