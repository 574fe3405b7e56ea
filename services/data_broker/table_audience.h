// Audience from the local copies of the registry's routes and clients.
#pragma once

#include <set>
#include <string>
#include <utility>

#include "common/access/authorizer.h"
#include "common/routes/route_table.h"
#include "common/time/clock.h"
#include "data_broker/ports.h"

namespace nara::broker {

class TableAudience final : public Audience {
 public:
  // A registry that is heard so long after a record was appended, and does not know
  // its route, has lost it (it was restored from a backup): what it does know counts
  // then. Shorter: a record could be taken for nobody's by clocks that differ.
  static constexpr absl::Duration kPatience = absl::Seconds(10);

  // The tables and the clock must outlive it. `supervision` are the products that the
  // catalogue marks so.
  TableAudience(const RouteTable& routes, const AccessTable& clients, const PrivacyTable& privacy, const Clock& clock,
                std::set<std::string> supervision = {})
      : routes_(routes),
        clients_(clients),
        privacy_(privacy),
        clock_(clock),
        supervision_(std::move(supervision)),
        authorizer_(clients, privacy, clock) {}

  std::optional<Holder> HolderOf(const CareRecord& record) const override;
  std::optional<Judgement> JudgementOf(const CareRecord& record) const override;
  bool Knows(std::uint64_t revision) const override { return routes_.revision() >= revision; }
  Answer MayReceive(const std::string& caller, const Party& party, const About& about) const override;
  absl::Status Admit(const std::string& peer, const std::string& caller) const override;
  Reach ReachOf(const std::string& caller) const override;
  std::uint64_t rights_revision() const override { return clients_.revision() + privacy_.revision(); }

 private:
  bool OnItsWay(const CareRecord& record) const;
  absl::StatusOr<Scope> ScopeOf(const std::string& peer, const std::string& caller) const;

  const RouteTable& routes_;
  const AccessTable& clients_;
  const PrivacyTable& privacy_;
  const Clock& clock_;
  const std::set<std::string> supervision_;
  const Authorizer authorizer_;
};

}  // namespace nara::broker
