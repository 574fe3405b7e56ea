#include "device_registry/chains/chains.h"

#include <utility>

#include "common/rpc/error.h"
#include "device_registry/chains/form.h"
#include "device_registry/page.h"
#include "device_registry/validation.h"

namespace nara::registry {

absl::StatusOr<v1::Unit> Chains::FindUnit(const std::string& id) {
  auto units = deps_.store.FindUnits({id});
  if (!units.ok()) return units.status();
  if (units->empty()) return NotThere("unit", id);
  return std::move(units->begin()->second);
}

absl::Status Chains::CheckReceivers(const Caller& caller, const v1::Unit& unit, const v1::Chain& chain,
                                    const std::map<std::string, v1::Client>& receivers) const {
  for (const v1::ChainStep& step : chain.steps()) {
    for (const v1::Target& target : TargetsOf(step)) {
      const auto receiver = receivers.find(target.receiver());
      if (receiver == receivers.end()) return NotThere("receiver", target.receiver());
      const std::string& principal = receiver->second.principal();
      if (principal.empty()) continue;
      const absl::Status status =
          rights_.Check(caller, Action::kWriteChain, OfPrincipal(principal), "receiver", target.receiver());
      if (!status.ok()) return status;
      if (step.fallback() && principal != unit.principal()) {
        return rpc::Error(absl::StatusCode::kInvalidArgument, "NO_FALLBACK",
                          "the fallback is a receiver of the county or of the unit's principal; add such a step",
                          {{"unit", unit.id()}, {"receiver", target.receiver()}});
      }
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<v1::PutChainResponse> Chains::PutChain(const Caller& caller, const v1::PutChainRequest& request) {
  const absl::StatusOr<v1::Chain> formed = Formed(request.chain());
  if (!formed.ok()) return formed.status();
  if (const auto reach = rights_.Reach(caller, Action::kWriteChain); !reach.ok()) return reach.status();
  const absl::StatusOr<v1::Unit> unit = FindUnit(formed->unit());
  if (!unit.ok()) return unit.status();
  if (absl::Status status = rights_.Check(caller, Action::kWriteChain, OfUnit(*unit), "unit", unit->id());
      !status.ok()) {
    return status;
  }
  const auto guard = [&](const std::map<std::string, v1::Client>& receivers) {
    return CheckReceivers(caller, *unit, *formed, receivers);
  };
  absl::StatusOr<v1::Chain> chain = deps_.chains.PutChain(ActorOf(caller), *formed, guard);
  if (!chain.ok()) return chain.status();
  v1::PutChainResponse response;
  *response.mutable_chain() = *std::move(chain);
  return response;
}

absl::StatusOr<v1::GetChainResponse> Chains::GetChain(const Caller& caller, const v1::GetChainRequest& request) {
  const auto units = deps_.store.FindUnits({request.unit()});
  if (!units.ok()) return units.status();
  const std::string principal = units->empty() ? "" : units->begin()->second.principal();
  const Object object{.principal = principal, .unit = request.unit(), .owner = {}, .receivers = {}};
  if (absl::Status status = rights_.Check(caller, Action::kReadChain, object, "chain", request.unit()); !status.ok()) {
    return status;
  }
  auto chain = deps_.chains.FindChain(request.unit(), request.version());
  if (!chain.ok()) return chain.status();
  if (!chain->has_value()) return NotThere("chain", request.unit());
  v1::GetChainResponse response;
  *response.mutable_chain() = **std::move(chain);
  return response;
}

absl::StatusOr<v1::PutReceiverResponse> Chains::PutReceiver(const Caller& caller,
                                                            const v1::PutReceiverRequest& request) {
  const v1::Receiver& receiver = request.receiver();
  if (absl::Status status = Validate(receiver); !status.ok()) return status;
  if (const auto reach = rights_.Reach(caller, Action::kWriteChain); !reach.ok()) return reach.status();
  const auto guard = [&](const v1::Client& client) {
    return rights_.Check(caller, Action::kWriteChain, OfPrincipal(client.principal()), "receiver", client.id());
  };
  absl::StatusOr<v1::Receiver> stored = deps_.chains.PutReceiver(ActorOf(caller), receiver, guard);
  if (!stored.ok()) return stored.status();
  v1::PutReceiverResponse response;
  *response.mutable_receiver() = *std::move(stored);
  return response;
}

absl::StatusOr<v1::ListReceiversResponse> Chains::ListReceivers(const Caller& caller,
                                                                const v1::ListReceiversRequest& request) {
  const absl::StatusOr<Visible> visible = rights_.Reach(caller, Action::kWriteChain);
  if (!visible.ok()) return visible.status();
  const absl::StatusOr<Page> page = PageOf(request);
  if (!page.ok()) return page.status();
  auto receivers = deps_.chains.ListReceivers(
      {.visible = *visible, .principal = request.principal(), .after = page->after, .limit = page->limit()});
  if (!receivers.ok()) return receivers.status();
  v1::ListReceiversResponse response;
  response.set_next_page_token(CutPage(*receivers, *page));
  for (v1::Receiver& receiver : *receivers) *response.add_receivers() = std::move(receiver);
  return response;
}

}  // namespace nara::registry
