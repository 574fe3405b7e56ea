#include "ingest/time_rules.h"

#include <gtest/gtest.h>

namespace nara::ingest {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'771'310'000);  // 2026-02-17
const absl::Time kStart = kNow - absl::Hours(24 * 30);
constexpr absl::Time kRunning = absl::InfiniteFuture();

TEST(TimeRules, ARightClockIsTakenAtItsWord) {
  const RecordTime time = Correct({kNow - absl::Hours(3), kNow - absl::Seconds(1), kNow});
  EXPECT_EQ(time.effective, kNow - absl::Hours(3));
  EXPECT_EQ(time.clock_offset, absl::Seconds(1));
  EXPECT_FALSE(time.ahead);
}

TEST(TimeRules, AWrongClockIsCorrectedByWhatItSaidAtSending) {
  const absl::Time device_now = absl::FromUnixSeconds(600);  // 1970: never set
  const RecordTime time = Correct({device_now - absl::Minutes(5), device_now, kNow});
  EXPECT_EQ(time.effective, kNow - absl::Minutes(5));
  EXPECT_FALSE(TimeInDoubt(time, kNow, kStart, kRunning));
}

TEST(TimeRules, WhileOurClockIsInDoubtNothingIsCorrected) {
  const absl::Time device_now = kNow - absl::Hours(1);
  const RecordTime time = Correct({device_now - absl::Minutes(5), device_now, kNow, true});
  EXPECT_EQ(time.effective, device_now - absl::Minutes(5));
  EXPECT_EQ(time.clock_offset, absl::ZeroDuration());
  EXPECT_TRUE(time.unchecked);
  EXPECT_FALSE(Correct({device_now, device_now, kNow}).unchecked);
}

TEST(TimeRules, AMissingTimeIsTheArrival) {
  const RecordTime time = Correct({std::nullopt, kNow - absl::Hours(5), kNow});
  EXPECT_TRUE(time.missing);
  EXPECT_EQ(time.effective, kNow);
}

TEST(TimeRules, TwoMinutesAheadIsNormalUpToADayFlaggedBeyondInDoubt) {
  auto ahead = [](absl::Duration by) { return Correct({kNow + by, std::nullopt, kNow}); };
  EXPECT_FALSE(ahead(absl::Minutes(2)).ahead);
  EXPECT_TRUE(ahead(absl::Minutes(2) + absl::Seconds(1)).ahead);
  EXPECT_TRUE(ahead(absl::Hours(24)).ahead);
  EXPECT_FALSE(TimeInDoubt(ahead(absl::Hours(24)), kNow, kStart, kRunning));
  EXPECT_TRUE(TimeInDoubt(ahead(absl::Hours(24) + absl::Seconds(1)), kNow, kStart, kRunning));
}

TEST(TimeRules, TheYears1970And2100AreInDoubtWithoutASentTime) {
  const RecordTime old = Correct({absl::UnixEpoch(), std::nullopt, kNow});
  EXPECT_TRUE(TimeInDoubt(old, kNow, kStart, kRunning));
  const RecordTime far = Correct({absl::FromUnixSeconds(4'102'444'800), std::nullopt, kNow});
  EXPECT_TRUE(TimeInDoubt(far, kNow, kStart, kRunning));
}

TEST(TimeRules, OutsideOfTheAssignmentIsInDoubt) {
  auto at = [](absl::Time when) { return Correct({when, std::nullopt, kNow}); };
  EXPECT_TRUE(TimeInDoubt(at(kStart - absl::Seconds(1)), kNow, kStart, kRunning));
  EXPECT_FALSE(TimeInDoubt(at(kStart), kNow, kStart, kRunning));
  EXPECT_FALSE(TimeInDoubt(at(kNow - absl::Seconds(1)), kNow, kStart, kNow));
  EXPECT_TRUE(TimeInDoubt(at(kNow), kNow, kStart, kNow)) << "its end is not part of it";
}

RecordTime Fitted(const ClockReading& reading, absl::Time start) {
  RecordTime time = Correct(reading);
  FitStart(reading, start, time);
  return time;
}

TEST(TimeRules, AWholeSecondInWhichTheAssignmentBeganIsInsideIt) {
  const absl::Time start = kNow + absl::Milliseconds(450);
  const absl::Time received = kNow + absl::Milliseconds(900);
  EXPECT_EQ(Fitted({kNow, std::nullopt, received}, start).effective, start);
  EXPECT_LT(Fitted({kNow - absl::Seconds(1), std::nullopt, received}, start).effective, start);
  EXPECT_LT(Fitted({kNow + absl::Milliseconds(100), std::nullopt, received}, start).effective, start);
}

TEST(TimeRules, AClockThatIsALittleSlowIsCorrectedAtTheStart) {
  const absl::Time device_now = kNow - absl::Seconds(30);
  const RecordTime time = Fitted({device_now, device_now, kNow}, kNow - absl::Seconds(5));
  EXPECT_EQ(time.effective, kNow);
  EXPECT_LT(Fitted({device_now - absl::Seconds(20), device_now, kNow}, kNow - absl::Seconds(5)).effective,
            kNow - absl::Seconds(5))
      << "what was before the start stays before it";
  EXPECT_LT(Fitted({device_now, device_now, kNow, true}, kNow - absl::Seconds(5)).effective, kNow - absl::Seconds(5))
      << "our clock is in doubt";
}

}  // namespace
}  // namespace nara::ingest
