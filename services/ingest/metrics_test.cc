#include "ingest/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/testing/readme.h"
#include "ingest/command_sender.h"
#include "ingest/guard_counters.h"
#include "ingest/presence_keeper.h"
#include "ingest/server_counters.h"
#include "ingest/testing/fakes.h"

namespace nara::ingest {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Metrics, HasTheNamesThatTheReadmeLists) {
  metrics::Registry registry;
  const Metrics metrics(registry, Lane::kAlarm);
  GuardCounters(registry).Take(R"({"wrong_shard":1,"cut":1})");
  ServerCounters server(registry);
  for (const std::string& topic : ServerCounters::Topics()) server.Take(topic, "1");
  testing::FakeCommands commands;
  const CommandSender sender(commands, [](const DueCommand&) { return absl::OkStatus(); }, registry, Lane::kAlarm);
  RedisPresenceStore store(RedisOptions{});
  testing::FakeLog log;
  RouteTable routes;
  const Catalogue catalogue;
  const ShardTokens tokens{};
  const ManualClock clock;
  const PresenceKeeper keeper({}, {store, log, routes, catalogue, tokens, clock, registry, {}});
  EXPECT_EQ(registry.Names(), nara::testing::MetricsInReadme("services/ingest/README.md"));
}

TEST(Metrics, EachHasItsLane) {
  metrics::Registry registry;
  Metrics measurement(registry, Lane::kMeasurement);
  Metrics alarm(registry, Lane::kAlarm);
  alarm.FrameTaken(10);
  EXPECT_THAT(registry.Text(), HasSubstr(R"(nara_ingest_frames_total{lane="alarm"} 1)"));
  EXPECT_THAT(registry.Text(), HasSubstr(R"(nara_ingest_frames_total{lane="measurement"} 0)"));
}

TEST(Metrics, MakesNoLabelOfWhatItDoesNotKnow) {
  metrics::Registry registry;
  Metrics metrics(registry, Lane::kMeasurement);
  metrics.RecordHeld("invented");
  metrics.RecordRejected("invented");
  EXPECT_THAT(registry.Text(), Not(HasSubstr("invented")));
  EXPECT_THAT(registry.Text(), HasSubstr(R"(nara_ingest_held_total{lane="measurement",reason="other"} 1)"));
}

}  // namespace
}  // namespace nara::ingest
