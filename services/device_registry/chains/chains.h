// Whom an alarm reaches: the chains of units, what is known of their receivers, whose
// chain leads, and what would happen at an instant. As Registry (registry.h): a method
// a call, errors with reasons, authorized before anything is revealed or changed.
//
// Thread-safe when its ports are.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/catalogue/catalogue.h"
#include "common/chains/holes.h"
#include "common/time/clock.h"
#include "device_registry/chains/store.h"
#include "device_registry/organisation/store.h"
#include "device_registry/ports.h"
#include "device_registry/rights.h"
#include "nara/registry/v1/chains.pb.h"

namespace nara::registry {

class Chains {
 public:
  // So far ahead does CheckChains look.
  static constexpr int kDaysAhead = 8;

  struct Deps {
    ChainStore& chains;
    Store& store;
    OrganisationStore& organisation;
    const Catalogue& catalogue;
    const Authorizer& authorizer;
    const Clock& clock;
    absl::TimeZone zone;  // of the schedules
  };

  explicit Chains(Deps deps) : deps_(deps), rights_(deps_.authorizer) {}

  absl::StatusOr<v1::PutChainResponse> PutChain(const Caller& caller, const v1::PutChainRequest& request);
  absl::StatusOr<v1::GetChainResponse> GetChain(const Caller& caller, const v1::GetChainRequest& request);
  absl::StatusOr<v1::PutReceiverResponse> PutReceiver(const Caller& caller, const v1::PutReceiverRequest& request);
  absl::StatusOr<v1::ListReceiversResponse> ListReceivers(const Caller& caller,
                                                          const v1::ListReceiversRequest& request);
  absl::StatusOr<v1::SetChainLeadResponse> SetChainLead(const Caller& caller, const v1::SetChainLeadRequest& request);
  absl::StatusOr<v1::ExplainChainResponse> ExplainChain(const Caller& caller, const v1::ExplainChainRequest& request);
  absl::StatusOr<v1::CheckChainsResponse> CheckChains(const Caller& caller, const v1::CheckChainsRequest& request);

 private:
  absl::StatusOr<v1::Unit> FindUnit(const std::string& id);
  // A chain rings at the county's receivers, and at those of principals for which the
  // caller may act; its fallback at the county's or the unit's principal's.
  absl::Status CheckReceivers(const Caller& caller, const v1::Unit& unit, const v1::Chain& chain,
                              const std::map<std::string, v1::Client>& receivers) const;
  // Whose a device's alarms are: of who answers for them, else of its owner.
  absl::Status CheckAlarmsOf(const Caller& caller, Action action, const v1::Route& route,
                             const google::protobuf::Timestamp& at) const;
  absl::StatusOr<std::vector<v1::ReachedStep>> Reach(const v1::Chain& chain, absl::Time at);
  absl::StatusOr<KnownReceivers> ReceiversOf(const std::vector<const v1::Chain*>& chains);
  // The holes of these units' chains, by unit.
  absl::StatusOr<std::vector<v1::Hole>> HolesOf(const std::vector<v1::Unit>& units, const Period& period);

  const Deps deps_;
  const Rights rights_;
};

}  // namespace nara::registry
