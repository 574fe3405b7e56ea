#include "alert_router/watchers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "alert_router/testing/world.h"
#include "common/testing/wait_for.h"

namespace nara::alert {
namespace {

using ::testing::ElementsAre;
using testing::FakeWatch;
using ::testing::IsEmpty;
using testing::World;

absl::StatusOr<std::vector<Alert>> Nothing() {
  return std::vector<Alert>();
}

Alert Changed(const std::string& kind, uint64_t version) {
  Alert alert;
  alert.id = "a1";
  alert.key.kind = kind;
  alert.version = version;
  return alert;
}

TEST(Watchers, AnOfferWaitsForNoWatcher) {
  World world;
  std::promise<void> go_on;
  Watchers slow([asked = go_on.get_future().share()](const std::string&, const Alert&) {
    asked.wait();
    return true;
  });
  Outlet outlet(world.links, slow, world.metrics);
  Ledger ledger(world.store, world.answers, world.links, outlet, world.metrics);
  Intake intake({ledger, world.catalogue, world.answers, world.metrics, world.clock});
  const auto watch = std::make_shared<FakeWatch>();
  ASSERT_TRUE(slow.Begin("operator-1", "", watch, Nothing).ok());
  slow.Start();
  const auto centre = world.Attend("centre-1480");
  for (const uint64_t entry : {1, 2}) {
    const Position at{0, entry};
    const LogId log{0, Log::kAlarm};
    const ShardLease lease{"alarm", 0, 1, Position{0, entry - 1}.ToString()};
    const std::string payload = World::Event("dose_missed", std::to_string(entry)).SerializeAsString();
    const LogSlice slice{log, {lease, at.ToString()}, {{at, payload}}};
    ASSERT_TRUE(intake.Take({&slice, 1}).ok());
    EXPECT_THAT(centre->Take(), ElementsAre("offer dose_missed 2"));
    EXPECT_THAT(watch->Take(), IsEmpty());
  }
  go_on.set_value();
  std::vector<std::string> seen;
  EXPECT_TRUE(nara::testing::WaitFor([&] {
    for (std::string& line : watch->Take()) seen.push_back(std::move(line));
    return seen.size() == 2;
  }));
}

TEST(Watchers, WhatChangedBeforeTheSnapshotIsNotShownAfterIt) {
  Watchers watchers([](const std::string&, const Alert&) { return true; });
  const auto first = std::make_shared<FakeWatch>();
  ASSERT_TRUE(watchers.Begin("operator-1", "", first, Nothing).ok());
  watchers.Show(Changed("dose_missed", 1));
  const auto second = std::make_shared<FakeWatch>();
  ASSERT_TRUE(watchers
                  .Begin("operator-1", "", second,
                         [&]() -> absl::StatusOr<std::vector<Alert>> {
                           watchers.Show(Changed("dose_missed", 2));
                           return std::vector<Alert>{Changed("dose_missed", 2)};
                         })
                  .ok());
  watchers.Drain();
  EXPECT_THAT(first->Take(), ElementsAre("dose_missed raised", "dose_missed raised"));
  EXPECT_THAT(second->Take(), ElementsAre("dose_missed raised"));
}

TEST(Watchers, WhenTooMuchWaitsAllBeginAgain) {
  Watchers watchers([](const std::string&, const Alert&) { return true; });
  const auto watch = std::make_shared<FakeWatch>();
  ASSERT_TRUE(watchers.Begin("operator-1", "", watch, Nothing).ok());
  for (uint64_t version = 1; version <= 20'001; ++version) watchers.Show(Changed("dose_missed", version));
  watchers.Drain();
  EXPECT_EQ(watch->Take().front(), "close RESOURCE_EXHAUSTED");
}

}  // namespace
}  // namespace nara::alert
