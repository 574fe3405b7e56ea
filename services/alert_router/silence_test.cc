#include "alert_router/silence.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "alert_router/testing/county.h"
#include "alert_router/testing/world.h"

namespace nara::alert {
namespace {

using std::chrono::minutes;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Not;
using testing::World;

constexpr char kSince[] = "2026-02-17T07:30:00.000Z";

// Devices disp-1 to disp-20 of tech-1480, and far-1 of tech-1481.
class SilenceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::vector<registry::v1::Route> routes;
    for (int i = 1; i <= 20; ++i) routes.push_back(RouteOf("disp-" + std::to_string(i), "1480"));
    routes.push_back(RouteOf("far-1", "1481"));
    world_.routes.Apply(false, routes, 1);
  }
  static registry::v1::Route RouteOf(const std::string& device, const std::string& owner) {
    registry::v1::Route route = testing::Routes().front();
    route.set_device(device);
    route.set_owner(owner);
    route.set_fallback_unit("tech-" + owner);
    return route;
  }
  absl::Status Say(const std::string& kind, const std::string& device, const std::string& since = kSince) {
    telemetry::v1::LogRecord record = World::Event(kind, since);
    record.set_device(device);
    record.set_event_id(device + "/a/" + kind + since);
    record.clear_assignment();
    record.clear_resident();
    return world_.Say(record);
  }
  void Lose(int first, int last) {
    for (int i = first; i <= last; ++i) ASSERT_TRUE(Say(kDeviceOffline, "disp-" + std::to_string(i)).ok());
  }
  const Alert* AlertOf(const std::string& device, const std::string& since = kSince) {
    for (const Alert& alert : world_.store.All(kDeviceOffline, since)) {
      if (alert.key.device == device) return world_.store.Find(kDeviceOffline, since);
    }
    return nullptr;
  }
  std::vector<State> States(const std::string& since = kSince) {
    std::vector<State> states;
    for (const Alert& alert : world_.store.All(kDeviceOffline, since)) states.push_back(alert.state);
    return states;
  }
  void AcceptTheOnlyOne() {
    const Alert alert = *world_.store.Find(kDeviceOffline, kSince);
    ASSERT_TRUE(
        world_.store
            .Run([&](Rows& rows) { return rows.Save(Accept(alert, {"county-fallback", "anna"}, *rows.Now()).change); })
            .ok());
  }

  World world_;
};

TEST_F(SilenceTest, ASilentDeviceIsOneTechnicalAlertOfItsOwnersFallbackUnit) {
  const auto screen = world_.Attend("county-fallback");
  Lose(1, 1);
  const Alert* alert = AlertOf("disp-1");
  ASSERT_NE(alert, nullptr);
  EXPECT_TRUE(alert->technical);
  EXPECT_EQ(alert->principal, "1480");
  EXPECT_EQ(alert->unit, "tech-1480");
  EXPECT_EQ(alert->resident, "");
  EXPECT_THAT(screen->Take(), ElementsAre("offer device_offline 2"));
}

TEST_F(SilenceTest, ItEndsWhenTheDeviceIsBack) {
  const auto screen = world_.Attend("county-fallback");
  Lose(1, 1);
  screen->Take();
  ASSERT_TRUE(Say("device_back", "disp-1").ok());
  EXPECT_THAT(States(), ElementsAre(State::kCancelled));
  EXPECT_THAT(screen->Take(), ElementsAre("withdraw device_offline device_back"));
}

TEST_F(SilenceTest, ItEndsWhenNobodyExpectsTheDeviceAnyMore) {
  Lose(1, 1);
  ASSERT_TRUE(Say("device_released", "disp-1").ok());
  EXPECT_THAT(States(), ElementsAre(State::kCancelled));
}

TEST_F(SilenceTest, ASpellOfTheSameNameAfterItsEndIsAnAlertOfItsOwn) {
  const auto screen = world_.Attend("county-fallback");
  Lose(1, 1);
  ASSERT_TRUE(Say("device_released", "disp-1").ok());
  screen->Take();
  Lose(1, 1);
  EXPECT_EQ(world_.store.size(), 1U) << "the same event again is none";
  telemetry::v1::LogRecord again = World::Event(kDeviceOffline, kSince);
  again.set_device("disp-1");
  again.set_event_id("disp-1/a/again");
  again.clear_assignment();
  again.clear_resident();
  ASSERT_TRUE(Say("device_released", "disp-1").ok());
  ASSERT_TRUE(world_.Say(again).ok());
  EXPECT_EQ(world_.store.size(), 2U);
  EXPECT_THAT(screen->Take(), ElementsAre("offer device_offline 2"));
}

TEST_F(SilenceTest, WhatWasSaidTwiceIsOneAlert) {
  Lose(1, 1);
  Lose(1, 1);
  EXPECT_EQ(world_.store.size(), 1U);
  EXPECT_THAT(world_.store.Actions(AlertOf("disp-1")->id), Not(Contains("joined")));
}

TEST_F(SilenceTest, TheEndOfAnotherSpellChangesNothing) {
  Lose(1, 1);
  ASSERT_TRUE(Say("device_back", "disp-1", "2026-01-01T00:00:00.000Z").ok());
  ASSERT_TRUE(Say("device_back", "disp-2").ok());
  EXPECT_FALSE(IsEnded(States().front()));
}

TEST_F(SilenceTest, ADarkMunicipalityIsOneAlertWithTheListThatEndsWithTheLast) {
  Lose(1, 20);
  ASSERT_EQ(world_.store.size(), 1U);
  const std::string id = AlertOf("disp-1")->id;
  EXPECT_EQ(world_.store.Get(id)->history.back().reason, std::string("disp-20, silent since ") + kSince);
  for (int i = 1; i <= 19; ++i) ASSERT_TRUE(Say("device_back", "disp-" + std::to_string(i)).ok());
  EXPECT_FALSE(IsEnded(States().front()));
  EXPECT_EQ(world_.store.Get(id)->history.back().reason, "disp-19, device_back");
  ASSERT_TRUE(Say("device_back", "disp-20").ok());
  EXPECT_THAT(States(), ElementsAre(State::kCancelled));
}

TEST_F(SilenceTest, OtherMunicipalitiesHaveAlertsOfTheirOwn) {
  Lose(1, 3);
  ASSERT_TRUE(Say(kDeviceOffline, "far-1").ok());
  EXPECT_EQ(world_.store.size(), 2U);
}

TEST_F(SilenceTest, WhatComesMuchLaterIsAnAlertOfItsOwn) {
  Lose(1, 1);
  world_.Pass(minutes(11));
  Lose(2, 2);
  EXPECT_EQ(world_.store.All(kDeviceOffline, kSince).size(), 2U);
}

TEST_F(SilenceTest, AnAnsweredAlertOfOneDeviceHidesNoOther) {
  Lose(1, 1);
  AcceptTheOnlyOne();
  Lose(2, 2);
  EXPECT_EQ(world_.store.All(kDeviceOffline, kSince).size(), 2U);
}

TEST_F(SilenceTest, AnAnsweredAlertOfManyTakesTheRest) {
  Lose(1, kManySilent);
  AcceptTheOnlyOne();
  Lose(kManySilent + 1, 20);
  EXPECT_THAT(States(), ElementsAre(State::kAccepted));
}

TEST_F(SilenceTest, ADeviceThatIsSilentAnewWithoutHavingBeenBackIsInTheNewSpellOnly) {
  Lose(1, 1);
  ASSERT_TRUE(Say(kDeviceOffline, "disp-1", "2026-02-18T07:30:00.000Z").ok());
  EXPECT_THAT(States(), ElementsAre(State::kCancelled));
  EXPECT_EQ(States("2026-02-18T07:30:00.000Z").size(), 1U);
}

}  // namespace
}  // namespace nara::alert
