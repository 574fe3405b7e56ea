// The three watches.
#pragma once

#include "common/access/access_table.h"
#include "common/access/privacy_table.h"
#include "common/routes/route_table.h"
#include "device_registry/watch_feed.h"
#include "nara/registry/v1/chains.pb.h"
#include "nara/registry/v1/clients.pb.h"
#include "nara/registry/v1/plans.pb.h"
#include "nara/registry/v1/privacy.pb.h"
#include "nara/registry/v1/registry.pb.h"
#include "nara/registry/v1/watch.pb.h"

namespace nara::registry {

using RouteFeed = WatchFeed<RouteTable, v1::WatchRoutesResponse>;
using ChainFeed = WatchFeed<ChainTable, v1::WatchChainsResponse, PlanTable>;
using AccessFeed = WatchFeed<AccessTable, v1::WatchAccessResponse, PrivacyTable>;

struct Feeds {
  RouteFeed routes{[](v1::WatchRoutesResponse& response, const v1::Route& route) { *response.add_routes() = route; }};
  ChainFeed chains{[](v1::WatchChainsResponse& response, const v1::Chain& chain) { *response.add_chains() = chain; },
                   [](v1::WatchChainsResponse& response, const v1::Plan& plan) { *response.add_plans() = plan; }};
  AccessFeed access{
      [](v1::WatchAccessResponse& response, const v1::Client& client) { *response.add_clients() = client; },
      [](v1::WatchAccessResponse& response, const v1::ResidentPrivacy& privacy) { *response.add_privacy() = privacy; }};

  bool behind() const { return routes.Behind() || chains.Behind() || access.Behind(); }
};

}  // namespace nara::registry
