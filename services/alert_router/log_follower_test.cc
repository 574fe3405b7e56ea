// From a real log to a screen, on real Redis and PostgreSQL.
#include "alert_router/log_follower.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>

#include "absl/strings/match.h"
#include "alert_router/testing/database.h"
#include "alert_router/testing/world.h"
#include "common/testing/wait_for.h"

namespace nara::alert {
namespace {

using nara::testing::RedisServer;
using nara::testing::WaitFor;
using testing::Database;
using testing::FakeScreen;
using testing::World;

class LogFollowerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    database_ = Database::Start();
    auto redis = RedisServer::Start();
    ASSERT_TRUE(redis.ok()) << redis.status();
    redis_ = *std::move(redis);
    ASSERT_NE(database_, nullptr);
    Redis({"SET", kAlarmLagKey, "0"});
    StartRouter("router-1");
  }
  void TearDown() override { follower_.reset(); }

  void StartRouter(const std::string& holder, std::chrono::milliseconds patience = std::chrono::hours(1)) {
    follower_.reset();
    positions_ = std::make_unique<LogPositions>(holder);
    store_ = std::make_unique<PostgresStore>(database_->pool(), *positions_);
    world_ = std::make_unique<World>(store_.get());
    follower_ = std::make_unique<LogFollower>(
        LogFollower::Deps{world_->intake, world_->lag, database_->pool(), *positions_, SystemClock::Instance(),
                          [this] { return informed_.load(); }, patience},
        RedisOptions{.address = redis_->address()});
    follower_->Start();
  }

  void Append(const telemetry::v1::LogRecord& record) {
    Redis({"XADD", LogKey({ShardOf(record.device()), Log::kAlarm}), "*", "r", record.SerializeAsString()});
  }

  void Redis(std::initializer_list<std::string_view> command) {
    auto connection = RedisConnection::Connect({.address = redis_->address()});
    ASSERT_TRUE(connection.ok()) << connection.status();
    ASSERT_TRUE((*connection)->Call(command).ok());
  }

  std::chrono::milliseconds Oldest() { return world_->lag.At(absl::ToUnixMillis(absl::Now())); }

  static telemetry::v1::LogRecord Missed(const std::string& dose) {
    auto record = World::Event("dose_missed", dose);
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    record.mutable_effective_at()->set_seconds(std::chrono::duration_cast<std::chrono::seconds>(now).count());
    return record;
  }

  // Taken by a route that the router has not heard of.
  static telemetry::v1::LogRecord Early(const std::string& dose) {
    auto record = Missed(dose);
    record.set_route_revision(2);
    return record;
  }

  static std::string DeviceOfAnotherShard() {
    int number = 2;
    while (ShardOf("disp-" + std::to_string(number)) == ShardOf("disp-1")) ++number;
    return "disp-" + std::to_string(number);
  }

  bool IsOffered(FakeScreen& screen) {
    return WaitFor([&] {
      for (std::string& line : screen.Take()) lines_.push_back(line);
      return !lines_.empty();
    });
  }

  std::unique_ptr<Database> database_;
  std::unique_ptr<RedisServer> redis_;
  std::unique_ptr<LogPositions> positions_;
  std::unique_ptr<PostgresStore> store_;
  std::unique_ptr<World> world_;
  std::atomic<bool> informed_ = true;
  std::unique_ptr<LogFollower> follower_;
  std::vector<std::string> lines_;
};

TEST_F(LogFollowerTest, AnEntryOfTheLogIsOnTheScreenAtOnce) {
  const auto centre = world_->Attend("centre-1480");
  ASSERT_TRUE(WaitFor([&] { return follower_->Health().ok(); }));
  Append(Missed("d1"));
  ASSERT_TRUE(IsOffered(*centre));
  EXPECT_EQ(lines_.front(), "offer dose_missed 2");
  EXPECT_TRUE(follower_->Health().ok());
}

TEST_F(LogFollowerTest, NothingIsRoutedByYesterdaysChainsWhileTheRegistryMayStillSpeak) {
  informed_ = false;
  follower_.reset();
  const auto dose = Missed("d1");
  Append(dose);
  StartRouter("router-2");
  ASSERT_TRUE(WaitFor([&] { return absl::StrContains(follower_->Health().message(), "has not been heard"); }));
  EXPECT_TRUE(absl::IsNotFound(store_->Get(World::IdOf(dose)).status()));
  informed_ = true;
  EXPECT_TRUE(WaitFor([&] { return store_->Get(World::IdOf(dose)).ok(); }));
}

TEST_F(LogFollowerTest, WithoutTheRegistryTheLastKnownChainsServe) {
  informed_ = false;
  StartRouter("router-2", std::chrono::milliseconds(100));
  const auto dose = Missed("d1");
  Append(dose);
  EXPECT_TRUE(WaitFor([&] { return store_->Get(World::IdOf(dose)).ok(); }));
}

TEST_F(LogFollowerTest, AnEventThatIsAheadOfItsRouteWaitsAndHoldsUpNoOtherShard) {
  const auto early = Early("d1");
  auto other = Missed("d2");
  other.set_device(DeviceOfAnotherShard());
  Append(early);
  ASSERT_TRUE(WaitFor([&] { return Oldest().count() > 100; })) << "the pulse tells how long it waits";
  Append(other);
  EXPECT_TRUE(WaitFor([&] { return store_->Get(World::IdOf(other)).ok(); }));
  EXPECT_TRUE(absl::IsNotFound(store_->Get(World::IdOf(early)).status()));
  world_->routes.Heard(2);
  EXPECT_TRUE(WaitFor([&] { return store_->Get(World::IdOf(early)).ok(); }));
  EXPECT_TRUE(WaitFor([&] { return Oldest().count() == 0; }));
}

TEST_F(LogFollowerTest, ARouteThatNeverComesDelaysAnAlarmAndLosesNone) {
  const auto early = Early("d1");
  const auto next = Missed("d2");
  Append(early);
  Append(next);
  ASSERT_TRUE(WaitFor([&] { return Oldest().count() > 100; }));
  EXPECT_TRUE(absl::IsNotFound(store_->Get(World::IdOf(next)).status())) << "a device's events stay in order";
  // The patience runs from when the router saw the event, which the pulse does not tell.
  EXPECT_TRUE(WaitFor([&] {
    world_->clock.Advance(RouteWait::kPatience);
    return store_->Get(World::IdOf(next)).ok();
  }));
  EXPECT_TRUE(store_->Get(World::IdOf(early)).ok());
}

TEST_F(LogFollowerTest, ASecondRouterTakesOverWithoutRaisingTwice) {
  const auto dose = Missed("d1");
  const auto next_dose = Missed("d2");
  Append(dose);
  ASSERT_TRUE(WaitFor([&] { return store_->Get(World::IdOf(dose)).ok(); }));
  StartRouter("router-2");
  const auto centre = world_->Attend("centre-1480");
  Append(dose);
  Append(next_dose);
  ASSERT_TRUE(WaitFor([&] { return store_->Get(World::IdOf(next_dose)).ok(); }));
  const auto first = store_->Get(World::IdOf(dose));
  EXPECT_EQ(first->history.front().action, "raised");
  EXPECT_EQ(std::count_if(first->history.begin(), first->history.end(),
                          [](const HistoryEntry& entry) { return entry.action == "raised"; }),
            1);
}

TEST_F(LogFollowerTest, WhatComesWhilePostgresIsDownIsRaisedOnceAfterwards) {
  const auto centre = world_->Attend("centre-1480");
  ASSERT_TRUE(WaitFor([&] { return follower_->Health().ok(); }));
  database_->server().Kill9();
  Append(Missed("d1"));
  ASSERT_TRUE(WaitFor([&] { return !follower_->Health().ok(); }));
  EXPECT_TRUE(WaitFor([&] { return Oldest().count() > 0; })) << "the pulse tells that we are blind";
  ASSERT_TRUE(database_->server().Restart().ok());
  ASSERT_TRUE(IsOffered(*centre));
  EXPECT_EQ(lines_.front(), "offer dose_missed 2");
}

TEST_F(LogFollowerTest, WhatStillWaitsInIngestIsCounted) {
  ASSERT_TRUE(WaitFor([&] { return follower_->Health().ok(); }));
  Redis({"SET", kAlarmLagKey, std::to_string(absl::ToUnixMillis(absl::Now()) - 60'000)});
  EXPECT_TRUE(WaitFor([&] { return Oldest() >= std::chrono::seconds(60); }));
  Redis({"SET", kAlarmLagKey, "0"});
  EXPECT_TRUE(WaitFor([&] { return Oldest().count() == 0; }));
}

TEST_F(LogFollowerTest, AnIngestThatSaysNothingOrNonsenseIsNotTakenForIdle) {
  ASSERT_TRUE(WaitFor([&] { return follower_->Health().ok(); }));
  Redis({"DEL", kAlarmLagKey});
  EXPECT_TRUE(WaitFor([&] { return Oldest() > std::chrono::seconds(2); }));
  Redis({"SET", kAlarmLagKey, "0"});
  ASSERT_TRUE(WaitFor([&] { return Oldest().count() == 0; }));
  Redis({"SET", kAlarmLagKey, "0x"});
  EXPECT_TRUE(WaitFor([&] { return Oldest() > std::chrono::seconds(2); }));
}

TEST_F(LogFollowerTest, RedisDownIsSaidAndSurvived) {
  const auto centre = world_->Attend("centre-1480");
  ASSERT_TRUE(WaitFor([&] { return follower_->Health().ok(); }));
  redis_->Kill9();
  ASSERT_TRUE(WaitFor([&] { return !follower_->Health().ok(); }));
  ASSERT_TRUE(redis_->Restart().ok());
  Append(Missed("d1"));
  ASSERT_TRUE(IsOffered(*centre));
}

}  // namespace
}  // namespace nara::alert
