// Audience from the local copies of the registry's routes and clients.
#pragma once

#include "common/access/authorizer.h"
#include "common/routes/route_table.h"
#include "data_broker/ports.h"

namespace nara::broker {

class TableAudience final : public Audience {
 public:
  // The tables must outlive it.
  TableAudience(const RouteTable& routes, const AccessTable& clients)
      : routes_(routes), clients_(clients), authorizer_(clients) {}

  Knowledge PartyOf(const CareRecord& record, Party& party) const override;
  Answer MayReceive(const std::string& caller, const Party& party) const override;
  absl::Status Admit(const std::string& peer, const std::string& caller) const override;
  Reach ReachOf(const std::string& caller) const override;
  std::uint64_t rights_revision() const override { return clients_.revision(); }

 private:
  absl::StatusOr<Scope> ScopeOf(const std::string& peer, const std::string& caller) const;

  const RouteTable& routes_;
  const AccessTable& clients_;
  const Authorizer authorizer_;
};

}  // namespace nara::broker
