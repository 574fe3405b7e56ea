#include "alert_router/route_wait.h"

#include <gtest/gtest.h>

namespace nara::alert {
namespace {

constexpr LogId kLog{7, Log::kAlarm};

class RouteWaitTest : public ::testing::Test {
 protected:
  bool Holds(uint64_t wanted, uint64_t known, int second) {
    return wait_.Holds(kLog, wanted, known, absl::Seconds(second));
  }
  RouteWait wait_;
};

TEST_F(RouteWaitTest, WhatWeKnowDoesNotWait) {
  EXPECT_FALSE(Holds(7, 7, 0));
  EXPECT_FALSE(Holds(0, 0, 0)) << "a record without a route";
}

TEST_F(RouteWaitTest, ARecordWaitsForItsRoute) {
  EXPECT_TRUE(Holds(8, 7, 0));
  EXPECT_TRUE(Holds(8, 7, 4));
  EXPECT_FALSE(Holds(8, 8, 4));
  EXPECT_TRUE(Holds(9, 8, 9)) << "and so does the next, from the beginning";
  EXPECT_TRUE(Holds(9, 8, 13));
}

TEST_F(RouteWaitTest, NoRecordWaitsForEver) {
  EXPECT_TRUE(Holds(8, 7, 0));
  EXPECT_FALSE(Holds(8, 7, 5));
}

TEST_F(RouteWaitTest, WhoWaitedInVainDoesNotWaitForEachRecord) {
  EXPECT_TRUE(Holds(8, 1, 0));
  EXPECT_FALSE(Holds(8, 1, 5));
  EXPECT_FALSE(Holds(9, 2, 6)) << "other news is not what was waited for";
  EXPECT_TRUE(Holds(10, 9, 7)) << "it came";
}

TEST_F(RouteWaitTest, LogsWaitByThemselves) {
  EXPECT_TRUE(Holds(8, 7, 0));
  EXPECT_FALSE(wait_.Holds({8, Log::kAlarm}, 7, 7, absl::ZeroDuration()));
  EXPECT_FALSE(Holds(8, 7, 5));
  EXPECT_TRUE(wait_.Holds({8, Log::kAlarm}, 8, 7, absl::Seconds(5)));
}

}  // namespace
}  // namespace nara::alert
