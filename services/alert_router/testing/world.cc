#include "alert_router/testing/world.h"

#include <utility>

#include "alert_router/alert_id.h"
#include "alert_router/proto_time.h"
#include "alert_router/testing/county.h"
#include "common/mqtt/shard.h"

namespace nara::alert::testing {
namespace {

Catalogue LoadCatalogue() {
  auto catalogue = Catalogue::Load(NARA_CATALOGUE_DIR);
  return catalogue.ok() ? *std::move(catalogue) : Catalogue();
}

}  // namespace

World::World(Store* other, std::chrono::milliseconds settle)
    : used_store(other == nullptr ? static_cast<Store&>(store) : *other),
      catalogue(LoadCatalogue()),
      links([this](const std::string& receiver) { caretaker.LinkWent(receiver); },
            {.settle = settle,
             .now = [this] { return Links::SteadyTime(absl::ToChronoNanoseconds(clock.Monotonic())); }}) {
  links.Open();
  routes.Apply(true, Routes(), 1);
  chains.Apply(true, Chains(), 1);
  access.Apply(true, Clients(), 1);
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

absl::Status World::Say(const telemetry::v1::LogRecord& record) {
  return SayBytes(record.SerializeAsString());
}

absl::Status World::SayBytes(const std::string& payload) {
  const LogId log{ShardOf(kDevice), Log::kAlarm};
  ShardLease lease{"alarm", log.shard, 1, "0-" + std::to_string(last_entry_)};
  const Position next{0, last_entry_ + 1};
  const LogSlice slice{log, {lease, next.ToString()}, {{next, payload}}};
  const absl::Status taken = intake.Take({&slice, 1});
  if (taken.ok()) ++last_entry_;
  return taken;
}

void World::Round() {
  caretaker.Round();
  refiller.Round().IgnoreError();
  watchers.Drain();
}

std::shared_ptr<FakeScreen> World::Attend(const std::string& receiver, const std::string& operator_id) {
  auto screen = std::make_shared<FakeScreen>();
  if (!attendance.Attach(As(receiver), {receiver, operator_id}, screen).ok()) return nullptr;
  Round();
  return screen;
}

void World::Leave(const std::string& receiver) {
  for (const Links::Link& link : links.All()) {
    if (link.receiver == receiver) attendance.Detach(link.id);
  }
  Round();
}

void World::Pass(std::chrono::seconds time) {
  store.Advance(time);
  clock.Advance(absl::Seconds(time.count()));
  Round();
}

std::string World::IdOf(const telemetry::v1::LogRecord& record) {
  return AlertIdOf(KeyOf(record, record.record().kind()), FromTimestamp(record.effective_at()));
}

}  // namespace nara::alert::testing
