#include "deploy/mosquitto/guard/flood.h"

#include <gtest/gtest.h>

namespace nara::guard {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;
using Action = Flood::Action;

constexpr std::size_t kSmall = 200;

class FloodTest : public ::testing::Test {
 protected:
  Flood::Answer Send(const std::string& device = "bp-0001", bool alarm = false, std::size_t bytes = kSmall) {
    return flood_.Take(device, alarm, bytes, now_);
  }
  // How many of `messages`, so far from each other, pass before the device is closed.
  int Passed(int messages, nanoseconds each, bool alarm = false, std::size_t bytes = kSmall) {
    int passed = 0;
    for (int i = 0; i < messages; ++i, now_ += each) {
      const Action action = Send("bp-0001", alarm, bytes).action;
      if (action == Action::kClose) break;
      passed += action == Action::kPass ? 1 : 0;
    }
    return passed;
  }
  // Sends twice what it may until it is closed; for how long it could.
  nanoseconds FloodUntilClosed() {
    const Flood::Time began = now_;
    Passed(1'000'000, nanoseconds(seconds(1)) / 8'000);
    return now_ - began;
  }

  Flood::Time now_{std::chrono::seconds(60)};
  Flood flood_;
};

TEST_F(FloodTest, WhoSendsWhatItMayIsNeverHeld) {
  EXPECT_EQ(Passed(200'000, nanoseconds(seconds(1)) / 4'000), 200'000);
}

TEST_F(FloodTest, ABacklogPassesAtOnce) {
  EXPECT_EQ(Passed(10'000, nanoseconds(0)), 10'000);
}

TEST_F(FloodTest, WhatIsOverTheBurstIsDropped) {
  EXPECT_EQ(Passed(20'000, nanoseconds(0)), 12'000);
  now_ += seconds(1);
  EXPECT_EQ(Passed(20'000, nanoseconds(0)), 4'000);
  now_ += seconds(3);
  EXPECT_EQ(Passed(20'000, nanoseconds(0)), 12'000);
}

TEST_F(FloodTest, BytesAreLimitedToo) {
  EXPECT_EQ(Passed(1'000, nanoseconds(0), false, 65'536), 256);
  now_ += seconds(1);
  EXPECT_EQ(Passed(1'000, nanoseconds(0), false, 65'536), 32);
  EXPECT_EQ(Send("bp-0001", false, 0).action, Action::kPass) << "the messages are not over";
}

TEST_F(FloodTest, AlarmsPassWhileMeasurementsFlood) {
  Passed(20'000, nanoseconds(0));
  EXPECT_EQ(Passed(2'000, nanoseconds(0), true), 1'500);
  now_ += seconds(1);
  EXPECT_EQ(Passed(2'000, nanoseconds(0), true), 500);
}

TEST_F(FloodTest, AnAlarmIsNotHeldByTheBytesOfMeasurements) {
  Passed(1'000, nanoseconds(0), false, 65'536);
  EXPECT_EQ(Send("bp-0001", true, 65'536).action, Action::kPass);
}

TEST_F(FloodTest, OneDeviceDoesNotHoldAnother) {
  Passed(20'000, nanoseconds(0));
  EXPECT_EQ(Send("bp-0002").action, Action::kPass);
}

TEST_F(FloodTest, ADeviceIsClosedAfterTenSecondsAboveItsLimit) {
  const nanoseconds took = FloodUntilClosed();
  // The burst is used up first: three seconds at twice the rate.
  EXPECT_GT(took, seconds(13) - milliseconds(10));
  EXPECT_LT(took, seconds(13) + milliseconds(10));
}

TEST_F(FloodTest, ASecondWithoutADropBeginsAnew) {
  for (int i = 0; i < 60; ++i) {
    for (int message = 0; message < 20'000; ++message) {
      ASSERT_NE(Send().action, Action::kClose) << i;
    }
    now_ += Flood::kGap + milliseconds(1);
  }
}

TEST_F(FloodTest, WhoWasClosedStaysOutForTenSeconds) {
  EXPECT_FALSE(flood_.Waits("bp-0001", now_));
  FloodUntilClosed();
  EXPECT_TRUE(flood_.Waits("bp-0001", now_));
  EXPECT_EQ(Send().action, Action::kClose) << "on a connection that was not closed";
  EXPECT_FALSE(flood_.Waits("bp-0002", now_));
  now_ += seconds(10);
  EXPECT_FALSE(flood_.Waits("bp-0001", now_));
}

TEST_F(FloodTest, WhoComesBackHasItsRateAndNoBurst) {
  FloodUntilClosed();
  now_ += seconds(10);
  EXPECT_EQ(Passed(100, nanoseconds(0)), 0);
  EXPECT_EQ(Passed(1'000, nanoseconds(0), true), 1'000) << "of alarms it sent none";
  now_ += seconds(1);
  EXPECT_EQ(Passed(5'000, nanoseconds(0)), 4'000);
  now_ += seconds(3);
  EXPECT_EQ(Passed(20'000, nanoseconds(0)), 12'000);
}

TEST_F(FloodTest, ItIsToldOnceInTenMinutesHowMuchWasDropped) {
  Flood flood(FloodLimits{.messages = {10, 10}});
  std::uint64_t told = 0;
  int times = 0;
  for (int i = 0; i < 10 * 60 * 20; ++i, now_ += milliseconds(50)) {
    const std::uint64_t dropped = flood.Take("bp-0001", false, kSmall, now_).tell_dropped;
    times += dropped > 0 ? 1 : 0;
    told += dropped;
  }
  EXPECT_EQ(times, 1);
  EXPECT_NEAR(static_cast<double>(told), 100, 3);
  now_ += Flood::kQuiet;
  for (int i = 0; i < 20 * 20; ++i, now_ += milliseconds(50)) {
    told = std::max(told, flood.Take("bp-0001", false, kSmall, now_).tell_dropped);
  }
  EXPECT_GT(told, 1'000U) << "those of the times that were not told are among them";
}

TEST_F(FloodTest, MoreDevicesThanItHoldsAreNotLimitedUntilOthersAreQuiet) {
  Flood flood(FloodLimits{.messages = {10, 1}, .most_devices = 2});
  for (const char* device : {"bp-0001", "bp-0002"}) flood.Take(device, false, kSmall, now_);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(flood.Take("bp-0003", false, kSmall, now_).action, Action::kPass);
  EXPECT_EQ(flood.Take("bp-0001", false, kSmall, now_).action, Action::kDrop);
  EXPECT_EQ(flood.size(), 2U);
  now_ += seconds(10);
  flood.Take("bp-0003", false, kSmall, now_);
  EXPECT_EQ(flood.Take("bp-0003", false, kSmall, now_).action, Action::kDrop);
  EXPECT_EQ(flood.size(), 1U);
}

TEST_F(FloodTest, WhoWaitsIsNotForgottenForNewOnes) {
  Flood flood(FloodLimits{.messages = {1, 1}, .wait = seconds(3'600), .most_devices = 1});
  for (int i = 0; i < 30; ++i, now_ += milliseconds(500)) flood.Take("bp-0001", false, kSmall, now_);
  now_ += Flood::kQuiet;
  flood.Take("bp-0002", false, kSmall, now_);
  EXPECT_TRUE(flood.Waits("bp-0001", now_));
}

TEST(SetFloodLimit, KnowsEveryLimit) {
  FloodLimits limits;
  for (const char* key : {"messages_per_second", "messages_burst", "alarms_per_second", "alarms_burst", "devices",
                          "bytes_per_second", "bytes_burst", "close_after_seconds", "wait_seconds"}) {
    EXPECT_TRUE(SetFloodLimit(limits, key, "200000")) << key;
  }
  for (const Rate& rate : {limits.messages, limits.alarms, limits.bytes}) {
    EXPECT_EQ(rate.per_second, 200'000);
    EXPECT_EQ(rate.burst, 200'000);
  }
  EXPECT_EQ(limits.close_after, seconds(200'000));
  EXPECT_EQ(limits.wait, seconds(200'000));
  EXPECT_EQ(limits.most_devices, 200'000U);
}

TEST(SetFloodLimit, RefusesWhatIsNoLimit) {
  FloodLimits limits;
  for (const char* value : {"", "0", "-1", "x", "10x", " 10", "1.5", "1000000001", "99999999999999999999"}) {
    EXPECT_FALSE(SetFloodLimit(limits, "messages_per_second", value)) << value;
  }
  EXPECT_FALSE(SetFloodLimit(limits, "messages", "10"));
  EXPECT_FALSE(SetFloodLimit(limits, "bytes_burst", "131071")) << "a message of the largest size would never pass";
  EXPECT_EQ(limits.messages.per_second, 4'000);
}

}  // namespace
}  // namespace nara::guard
