// What chains would do: whose leads, what happens at an instant, where the holes are.
#include <utility>

#include "common/routes/timeline.h"
#include "common/time/proto_time.h"
#include "device_registry/chains/chains.h"
#include "device_registry/page.h"
#include "device_registry/validation.h"

namespace nara::registry {
namespace {

bool IsLead(v1::ChainLead lead) {
  return v1::ChainLead_IsValid(lead) && lead != v1::CHAIN_LEAD_UNSPECIFIED;
}

v1::Hole WithoutChain(const v1::Unit& unit, const Period& period) {
  v1::Hole hole;
  hole.set_unit(unit.id());
  hole.set_kind(v1::HOLE_KIND_NO_CHAIN);
  *hole.mutable_from() = ToProto(period.from);
  *hole.mutable_until() = ToProto(period.until);
  return hole;
}

// Who gets the device's alarms at an instant.
void SetUnit(const v1::Route& route, v1::ExplainChainResponse& response) {
  const v1::Responsibility* answers = ResponsibleAt(route, v1::PURPOSE_ALARM, response.at());
  response.set_unit(answers == nullptr ? route.fallback_unit() : answers->unit());
  const v1::Assignment* assignment = AssignmentAt(route, response.at());
  if (answers != nullptr && assignment != nullptr) response.set_assignment(assignment->id());
}

}  // namespace

absl::Status Chains::CheckAlarmsOf(const Caller& caller, Action action, const v1::Route& route,
                                   const google::protobuf::Timestamp& at) const {
  const v1::Responsibility* answers = ResponsibleAt(route, v1::PURPOSE_ALARM, at);
  const Object object =
      answers == nullptr
          ? OfOwner(route.owner())
          : Object{.principal = answers->principal(), .unit = answers->unit(), .owner = {}, .receivers = {}};
  return rights_.Check(caller, action, object, "device", route.device());
}

absl::StatusOr<KnownReceivers> Chains::ReceiversOf(const std::vector<const v1::Chain*>& chains) {
  std::vector<std::string> ids;
  for (const v1::Chain* chain : chains) {
    for (const v1::ChainStep& step : chain->steps()) {
      for (const v1::Target& target : TargetsOf(step)) ids.push_back(target.receiver());
    }
  }
  return deps_.chains.FindReceivers(ids);
}

absl::StatusOr<std::vector<v1::ReachedStep>> Chains::Reach(const v1::Chain& chain, absl::Time at) {
  const absl::StatusOr<KnownReceivers> receivers = ReceiversOf({&chain});
  if (!receivers.ok()) return receivers.status();
  return ReachAt(chain, *receivers, deps_.zone, at);
}

absl::StatusOr<v1::SetChainLeadResponse> Chains::SetChainLead(const Caller& caller,
                                                              const v1::SetChainLeadRequest& request) {
  if (!IsLead(request.lead())) return Invalid("lead", "is NARA, VENDOR or VENDOR_GUARDED");
  if (!IsLead(request.before())) return Invalid("before", "is whose chain leads now; GetDevice shows it");
  const auto guard = [&](const v1::Route& route, const google::protobuf::Timestamp& now) {
    return CheckAlarmsOf(caller, Action::kWriteChain, route, now);
  };
  if (const auto reach = rights_.Reach(caller, Action::kWriteChain); !reach.ok()) return reach.status();
  if (absl::Status status = deps_.chains.SetLead(ActorOf(caller), request, guard); !status.ok()) return status;
  v1::SetChainLeadResponse response;
  response.set_lead(request.lead());
  return response;
}

absl::StatusOr<v1::ExplainChainResponse> Chains::ExplainChain(const Caller& caller,
                                                              const v1::ExplainChainRequest& request) {
  if (request.has_at()) {
    if (absl::Status status = ValidateTime("at", request.at()); !status.ok()) return status;
  }
  v1::ExplainChainResponse response;
  *response.mutable_at() = request.has_at() ? request.at() : ToProto(deps_.clock.Now());
  const absl::StatusOr<std::optional<v1::Route>> route = deps_.chains.FindRoute(request.device());
  if (!route.ok()) return route.status();
  v1::Route unknown;
  unknown.set_device(request.device());
  const v1::Route& seen = route->has_value() ? **route : unknown;
  if (absl::Status status = CheckAlarmsOf(caller, Action::kReadChain, seen, response.at()); !status.ok()) return status;
  if (!route->has_value()) return NotThere("device", request.device());
  SetUnit(**route, response);
  response.set_lead((*route)->lead());
  const auto chain = request.has_at() ? deps_.chains.FindChainAt(response.unit(), FromProto(response.at()))
                                      : deps_.chains.FindChain(response.unit(), 0);
  if (!chain.ok()) return chain.status();
  if (!chain->has_value()) return response;
  response.set_version((*chain)->version());
  absl::StatusOr<std::vector<v1::ReachedStep>> steps = Reach(**chain, FromProto(response.at()));
  if (!steps.ok()) return steps.status();
  for (v1::ReachedStep& step : *steps) *response.add_steps() = std::move(step);
  return response;
}

absl::StatusOr<std::vector<v1::Hole>> Chains::HolesOf(const std::vector<v1::Unit>& units, const Period& period) {
  std::vector<std::string> ids;
  for (const v1::Unit& unit : units) ids.push_back(unit.id());
  const auto chains = deps_.chains.NewestChains(ids);
  if (!chains.ok()) return chains.status();
  const auto answering = deps_.chains.AnsweringForAlarms(ids);
  if (!answering.ok()) return answering.status();
  std::vector<const v1::Chain*> all;
  for (const auto& [unit, chain] : *chains) all.push_back(&chain);
  const absl::StatusOr<KnownReceivers> receivers = ReceiversOf(all);
  if (!receivers.ok()) return receivers.status();
  std::vector<v1::Hole> holes;
  for (const v1::Unit& unit : units) {
    const auto chain = chains->find(unit.id());
    if (chain == chains->end()) {
      if (answering->contains(unit.id())) holes.push_back(WithoutChain(unit, period));
      continue;
    }
    for (v1::Hole& hole : HolesIn(chain->second, *receivers, deps_.zone, period)) holes.push_back(std::move(hole));
  }
  return holes;
}

absl::StatusOr<v1::CheckChainsResponse> Chains::CheckChains(const Caller& caller,
                                                            const v1::CheckChainsRequest& request) {
  const Object object = OfPrincipal(request.principal());
  if (absl::Status status = rights_.Check(caller, Action::kReadChain, object, "principal", request.principal());
      !status.ok()) {
    return status;
  }
  // A principal that is misspelt has no holes either: that must not look like an answer.
  if (deps_.catalogue.FindPrincipal(request.principal()) == nullptr) {
    return NotThere("principal", request.principal());
  }
  if (request.has_from()) {
    if (absl::Status status = ValidateTime("from", request.from()); !status.ok()) return status;
  }
  const absl::StatusOr<Page> page = PageOf(request);
  if (!page.ok()) return page.status();
  auto units = deps_.organisation.ListUnits(
      {.visible = {.all = true}, .principal = request.principal(), .after = page->after, .limit = page->limit()});
  if (!units.ok()) return units.status();
  v1::CheckChainsResponse response;
  response.set_next_page_token(CutPage(*units, *page));
  response.set_units(static_cast<std::uint32_t>(units->size()));
  const absl::Time from = request.has_from() ? FromProto(request.from()) : deps_.clock.Now();
  auto holes = HolesOf(*units, {from, from + kDaysAhead * absl::Hours(24)});
  if (!holes.ok()) return holes.status();
  for (v1::Hole& hole : *holes) *response.add_holes() = std::move(hole);
  return response;
}

}  // namespace nara::registry
