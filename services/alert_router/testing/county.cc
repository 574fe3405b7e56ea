#include "alert_router/testing/county.h"

#include <string>
#include <utility>

#include "alert_router/proto_time.h"
#include "alert_router/testing/fakes.h"

namespace nara::alert::testing {
namespace {

registry::v1::Route Dispenser() {
  registry::v1::Route route;
  route.set_device(kDevice);
  route.set_product("dosell");
  route.set_owner("1480");
  route.set_fallback_unit("tech-1480");
  route.set_revision(1);
  registry::v1::Assignment& assignment = *route.add_assignments();
  assignment.set_id("assignment-1");
  assignment.set_device(kDevice);
  assignment.set_resident("resident-1");
  *assignment.mutable_start_at() = ToTimestamp(kNoon - std::chrono::hours(24));
  registry::v1::Responsibility& alarm = *assignment.add_responsibilities();
  alarm.set_purpose(registry::v1::PURPOSE_ALARM);
  *alarm.mutable_since() = assignment.start_at();
  alarm.set_principal("1480");
  alarm.set_unit("care-1480-1");
  return route;
}

registry::v1::Chain ChainOf(const std::string& unit, uint32_t version,
                            const std::vector<std::pair<std::string, int>>& steps) {
  registry::v1::Chain chain;
  chain.set_unit(unit);
  chain.set_version(version);
  chain.set_revision(1);
  for (const auto& [receiver, seconds] : steps) {
    registry::v1::ChainStep& step = *chain.add_steps();
    step.set_receiver(receiver);
    step.set_accept_seconds(seconds);
  }
  return chain;
}

registry::v1::Client ClientOf(const std::string& id, const std::string& role, const std::string& principal,
                              const std::vector<std::string>& units = {}) {
  registry::v1::Client client;
  client.set_id(id);
  client.set_role(role);
  client.set_principal(principal);
  client.set_revision(1);
  for (const std::string& unit : units) client.add_units(unit);
  return client;
}

}  // namespace

std::vector<registry::v1::Route> Routes() {
  return {Dispenser()};
}

std::vector<registry::v1::Chain> Chains() {
  return {ChainOf("care-1480-1", 3, {{"centre-1480", 60}, {"staff-1480", 120}}),
          ChainOf("tech-1480", 1, {{"county-fallback", 30}})};
}

std::vector<registry::v1::Client> Clients() {
  return {ClientOf("centre-1480", "alarm_centre", "1480"),
          ClientOf("centre-1481", "alarm_centre", "1481"),
          ClientOf("staff-1480", "care_unit", "1480", {"care-1480-1"}),
          ClientOf("county-fallback", "alarm_centre", ""),
          ClientOf("operator-1", "operator", ""),
          ClientOf("admin-1480", "principal_admin", "1480")};
}

}  // namespace nara::alert::testing
