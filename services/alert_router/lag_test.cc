#include "alert_router/lag.h"

#include <gtest/gtest.h>

namespace nara::alert {
namespace {

using std::chrono::milliseconds;

constexpr int64_t kNow = 1'771'310'000'000;

class LagTest : public ::testing::Test {
 protected:
  LagTest() {
    lag_.Read(kNow, 0);
    lag_.IngestSaid(kNow, 0);
  }
  Lag lag_;
};

TEST_F(LagTest, WhereNothingWaitsItIsNothing) {
  EXPECT_EQ(lag_.At(kNow + 1000), milliseconds(0));
}

TEST_F(LagTest, TheOlderOfLogAndIngestCounts) {
  lag_.IngestSaid(kNow, kNow - 7000);
  EXPECT_EQ(lag_.At(kNow + 500), milliseconds(7500));
  lag_.Read(kNow, kNow - 9000);
  EXPECT_EQ(lag_.At(kNow + 500), milliseconds(9500));
}

TEST_F(LagTest, AnIngestThatSaysNothingCountsSinceItWasHeard) {
  lag_.Read(kNow + 6000, 0);
  lag_.IngestSaid(kNow + 6000, {});
  EXPECT_EQ(lag_.At(kNow + 6000), milliseconds(6000));
  lag_.IngestSaid(kNow + 6500, 0);
  EXPECT_EQ(lag_.At(kNow + 6500), milliseconds(0));
}

TEST_F(LagTest, AnIngestThatWasNeverHeardCountsFromTheFirstLook) {
  Lag lag;
  lag.Read(kNow, 0);
  lag.IngestSaid(kNow, {});
  EXPECT_EQ(lag.At(kNow), milliseconds(0));
  EXPECT_EQ(lag.At(kNow + 1000), milliseconds(1000));
}

TEST_F(LagTest, ATimeAheadOfOursIsNoAge) {
  lag_.IngestSaid(kNow, kNow + 60'000);
  EXPECT_EQ(lag_.At(kNow), milliseconds(0));
}

TEST_F(LagTest, LogsThatCannotBeReadCountSinceTheyWere) {
  EXPECT_EQ(lag_.At(kNow + 5000), milliseconds(5000));
}

}  // namespace
}  // namespace nara::alert
