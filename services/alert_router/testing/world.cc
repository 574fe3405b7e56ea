#include "alert_router/testing/world.h"

#include <utility>

#include "alert_router/alert_id.h"
#include "alert_router/proto_time.h"
#include "common/mqtt/shard.h"

namespace nara::alert::testing {
namespace {

constexpr char kDevice[] = "disp-1";

Catalogue LoadCatalogue() {
  auto catalogue = Catalogue::Load(NARA_CATALOGUE_DIR);
  return catalogue.ok() ? *std::move(catalogue) : Catalogue();
}

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

World::World() : catalogue(LoadCatalogue()) {
  routes.Apply(true, {Dispenser()}, 1);
  chains.Apply(true,
               {ChainOf("care-1480-1", 3, {{"centre-1480", 60}, {"staff-1480", 120}}),
                ChainOf("tech-1480", 1, {{"county-fallback", 30}})},
               1);
  access.Apply(true,
               {ClientOf("centre-1480", "alarm_centre", "1480"), ClientOf("centre-1481", "alarm_centre", "1481"),
                ClientOf("staff-1480", "care_unit", "1480", {"care-1480-1"}),
                ClientOf("county-fallback", "alarm_centre", ""), ClientOf("operator-1", "operator", ""),
                ClientOf("admin-1480", "principal_admin", "1480")},
               1);
}

telemetry::v1::LogRecord World::Event(const std::string& kind, const std::string& episode) {
  telemetry::v1::LogRecord record;
  record.set_device(kDevice);
  record.set_event_id(std::string(kDevice) + "/a/0000000000000001/" + kind + episode);
  record.set_assignment("assignment-1");
  record.set_resident("resident-1");
  record.set_product("dosell");
  record.mutable_record()->set_kind(kind);
  record.mutable_record()->set_episode(episode);
  *record.mutable_effective_at() = ToTimestamp(kNoon);
  return record;
}

absl::Status World::Say(const telemetry::v1::LogRecord& record) { return SayBytes(record.SerializeAsString()); }

absl::Status World::SayBytes(const std::string& payload) {
  const LogId log{ShardOf(kDevice), Log::kAlarm};
  ShardLease lease{"alarm", log.shard, 1, "0-" + std::to_string(last_entry_)};
  const Position next{0, last_entry_ + 1};
  const LogSlice slice{log, {lease, next.ToString()}, {{next, payload}}};
  const absl::Status taken = intake.Take({&slice, 1});
  if (taken.ok()) ++last_entry_;
  return taken;
}

std::shared_ptr<FakeScreen> World::Attend(const std::string& receiver, const std::string& operator_id) {
  auto screen = std::make_shared<FakeScreen>();
  if (!attendance.Attach(As(receiver), {receiver, operator_id}, screen).ok()) return nullptr;
  caretaker.Round();
  return screen;
}

void World::Leave(const std::string& receiver) {
  for (const Links::Link& link : links.All()) {
    if (link.receiver == receiver) attendance.Detach(link.id);
  }
  caretaker.Round();
}

void World::Pass(std::chrono::seconds time) {
  store.Advance(time);
  clock.Advance(absl::Seconds(time.count()));
  caretaker.Round();
}

std::string World::IdOf(const std::string& kind, const std::string& episode) const {
  return AlertIdOf({kDevice, kind, episode});
}

}  // namespace nara::alert::testing
