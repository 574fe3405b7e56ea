#include "data_broker/table_audience.h"

#include <string>

#include "common/routes/timeline.h"
#include "common/rpc/error.h"

namespace nara::broker {

Audience::Knowledge TableAudience::PartyOf(const CareRecord& record, Party& party) const {
  const RouteTable::Pointer route = routes_.Find(record.observation.device());
  if (route == nullptr) return Knowledge::kPending;
  const auto* assignment = FindAssignment(*route, record.assignment);
  const registry::v1::Responsibility* responsible =
      assignment == nullptr ? nullptr
                            : ResponsibleAt(*assignment, registry::v1::PURPOSE_CARE, record.observation.effective_at());
  party = responsible == nullptr ? Party{} : Party{responsible->principal(), responsible->unit()};
  return route->revision() < record.route_revision ? Knowledge::kPending : Knowledge::kKnown;
}

Audience::Answer TableAudience::MayReceive(const std::string& caller, const Party& party) const {
  Object object;
  object.principal = party.principal;
  object.unit = party.unit;
  const Decision decision = authorizer_.Decide(caller, Action::kReadCareData, object);
  if (decision.answer == Decision::Answer::kWait) return Answer::kLater;
  return decision.allowed() ? Answer::kYes : Answer::kNo;
}

absl::StatusOr<Scope> TableAudience::ScopeOf(const std::string& peer, const std::string& caller) const {
  const absl::StatusOr<Caller> known = authorizer_.Identify(peer, caller == peer ? "" : caller);
  if (!known.ok()) return known.status();
  return authorizer_.Reach(*known, Action::kReadCareData);
}

absl::Status TableAudience::Admit(const std::string& peer, const std::string& caller) const {
  const absl::StatusOr<Scope> scope = ScopeOf(peer, caller);
  if (!scope.ok()) return scope.status();
  if (!scope->principal.empty() || !scope->units.empty()) return absl::OkStatus();
  return rpc::Error(absl::StatusCode::kPermissionDenied, "FORBIDDEN",
                    "this client's role does not read care data; ask with a client of role care_unit",
                    {{"client", caller}});
}

Audience::Reach TableAudience::ReachOf(const std::string& caller) const {
  const absl::StatusOr<Scope> scope = ScopeOf(caller, caller);
  if (!scope.ok()) return {};
  return {.principal = scope->principal, .units = scope->units};
}

}  // namespace nara::broker
