#include "ingest/device_limits.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace nara::ingest {
namespace {

using Answer = DeviceLimits::Answer;

class DeviceLimitsTest : public ::testing::Test {
 protected:
  static DeviceLimitOptions Options() {
    DeviceLimitOptions options;
    options.measurements = {1'000, 10};
    options.alarms = {100, 1};
    options.most_devices = 50;
    return options;
  }

  Answer Measure(std::int64_t records, const std::string& device = "bp-1") {
    return limits_.Take(device, false, records, now_);
  }
  Answer Alarm(std::int64_t records, const std::string& device = "bp-1") {
    return limits_.Take(device, true, records, now_);
  }

  DeviceLimits limits_{Options()};
  absl::Time now_ = absl::FromUnixSeconds(1'700'000'000);
};

TEST_F(DeviceLimitsTest, ABacklogThatIsAllowedGoesThroughAtOnce) {
  for (int uplink = 0; uplink < 100; ++uplink) EXPECT_EQ(Measure(10), Answer::kTake);
  EXPECT_NE(Measure(1), Answer::kTake);
}

TEST_F(DeviceLimitsTest, WhatIsOverItIsTakenLater) {
  Measure(1'000);
  now_ += absl::Seconds(1);
  EXPECT_EQ(Measure(10), Answer::kTake);
  EXPECT_NE(Measure(1), Answer::kTake);
  now_ += absl::Seconds(99);
  EXPECT_EQ(Measure(990), Answer::kTake) << "what was refused has used nothing up";
  EXPECT_NE(Measure(1), Answer::kTake);
}

TEST_F(DeviceLimitsTest, NeverMoreThanTheBurstIsSavedUp) {
  Measure(1);
  now_ += absl::Hours(24);
  EXPECT_EQ(Measure(1'000), Answer::kTake);
  EXPECT_NE(Measure(1), Answer::kTake);
}

TEST_F(DeviceLimitsTest, AnUplinkIsTakenAsAWholeOrNotAtAll) {
  Measure(999);
  EXPECT_NE(Measure(2), Answer::kTake);
  EXPECT_EQ(Measure(1), Answer::kTake);
}

TEST_F(DeviceLimitsTest, AlarmsAreApartAndHaveACapOfTheirOwn) {
  Measure(1'000);
  EXPECT_EQ(Alarm(100), Answer::kTake);
  EXPECT_NE(Alarm(1), Answer::kTake);
  EXPECT_EQ(Alarm(100, "bp-2"), Answer::kTake);
  EXPECT_EQ(Measure(1'000, "bp-2"), Answer::kTake);
}

TEST_F(DeviceLimitsTest, OneDeviceTakesNothingFromAnother) {
  Measure(1'000);
  EXPECT_EQ(Measure(1'000, "bp-2"), Answer::kTake);
}

TEST_F(DeviceLimitsTest, SomebodyIsToldOnceInTenMinutes) {
  Measure(1'000);
  EXPECT_EQ(Measure(1), Answer::kOverTold);
  EXPECT_EQ(Measure(1), Answer::kOver);
  EXPECT_EQ(Alarm(101), Answer::kOverTold) << "of alarms apart";
  now_ += absl::Minutes(10);
  EXPECT_EQ(Measure(1'001), Answer::kOverTold);
}

TEST_F(DeviceLimitsTest, AClockThatIsSetBackHoldsNobody) {
  Measure(1'000);
  now_ -= absl::Hours(24);
  EXPECT_EQ(Measure(1'000), Answer::kTake);
  EXPECT_NE(Measure(1), Answer::kTake);
}

TEST_F(DeviceLimitsTest, ManyDevicesAreForgottenWhenTheirAllowanceIsWholeAgain) {
  for (int i = 0; i < 50; ++i) Measure(10, absl::StrCat("early-", i));
  now_ += absl::Seconds(2);
  for (int i = 0; i < 50; ++i) EXPECT_EQ(Measure(1'000, absl::StrCat("late-", i)), Answer::kTake);
  EXPECT_EQ(limits_.size(), 50u);
  EXPECT_NE(Measure(1, "late-7"), Answer::kTake) << "these are remembered";
}

TEST_F(DeviceLimitsTest, WhoCannotBeRememberedIsNotHeldBack) {
  for (int i = 0; i < 50; ++i) Measure(1'000, absl::StrCat("flood-", i));
  for (int i = 0; i < 5'000; ++i) EXPECT_EQ(Measure(1'000), Answer::kTake);
  EXPECT_EQ(limits_.size(), 50u);
  EXPECT_NE(Measure(1, "flood-7"), Answer::kTake);
}

}  // namespace
}  // namespace nara::ingest
