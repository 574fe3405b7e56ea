#include "data_broker/table_audience.h"

#include <string>

#include "common/rpc/error.h"

namespace nara::broker {

bool TableAudience::OnItsWay(const CareRecord& record) const {
  if (!routes_.ready()) return true;
  if (record.route_revision <= routes_.revision()) return false;
  const auto silence = routes_.silence();
  if (!silence) return true;
  const absl::Time heard = clock_.Now() - absl::FromChrono(*silence);
  return heard < absl::FromUnixMillis(static_cast<std::int64_t>(record.position.ms)) + kPatience;
}

std::optional<Holder> TableAudience::HolderOf(const CareRecord& record) const {
  if (OnItsWay(record)) return std::nullopt;
  const RouteTable::Pointer route = routes_.Find(record.observation.device());
  return route == nullptr ? Holder{.assignment = record.assignment} : broker::HolderOf(*route, record);
}

std::optional<Judgement> TableAudience::JudgementOf(const CareRecord& record) const {
  if (OnItsWay(record)) return std::nullopt;
  const RouteTable::Pointer route = routes_.Find(record.observation.device());
  if (route == nullptr) return Judgement{.holder = {record.assignment, record.resident, Party{}}, .notices = {}};
  return JudgeNew(*route, record);
}

Audience::Answer TableAudience::MayReceive(const std::string& caller, const Party& party, const About& about) const {
  Object object;
  object.principal = party.principal;
  object.unit = party.unit;
  object.provider = party.provider;
  object.resident = about.resident;
  if (supervision_.contains(about.product)) object.use = registry::v1::DATA_USE_SUPERVISION;
  const Decision decision = authorizer_.Decide(caller, Action::kReadCareData, object);
  if (decision.answer == Decision::Answer::kWait) return Answer::kLater;
  if (decision.answer == Decision::Answer::kBlocked) return Answer::kBlocked;
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
  const absl::StatusOr<Caller> known = authorizer_.Resolve(caller);
  if (!scope.ok() || !known.ok()) return {};
  return {.principal = scope->principal,
          .units = scope->units,
          .residents = authorizer_.ConsentedResidents(*known, Action::kReadCareData)};
}

}  // namespace nara::broker
