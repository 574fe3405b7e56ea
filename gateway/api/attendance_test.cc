#include "gateway/api/attendance.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/rpc/error.h"
#include "gateway/testing/fakes.h"

namespace nara::gateway {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class AttendanceTest : public ::testing::Test {
 protected:
  // Looks once each quarter of a second for so long.
  void Pass(absl::Duration time, bool followed) {
    for (const absl::Duration until = now_ + time; now_ < until;) {
      now_ += absl::Milliseconds(250);
      attendance_.Look(followed, now_);
    }
  }
  std::vector<std::string> open() const { return alerts_.attendances.open(); }

  testing::FakeAlerts alerts_;
  metrics::Registry registry_;
  Metrics metrics_{registry_};
  Attendance attendance_{"centre-1480", alerts_, metrics_, [](const auto&) {}};
  absl::Duration now_ = absl::Hours(1);
};

TEST_F(AttendanceTest, AttendsAsSoonAsAPageFollows) {
  attendance_.Look(false, now_);
  EXPECT_THAT(open(), IsEmpty());
  attendance_.Look(true, now_);
  EXPECT_THAT(open(), ElementsAre("centre-1480"));
}

TEST_F(AttendanceTest, EndsSecondsAfterTheLastPageHasGone) {
  attendance_.Look(true, now_);
  Pass(Attendance::kGrace - absl::Milliseconds(250), false);
  EXPECT_THAT(open(), ElementsAre("centre-1480"));
  Pass(absl::Milliseconds(250), false);
  EXPECT_THAT(open(), IsEmpty());
}

TEST_F(AttendanceTest, APageThatIsLoadedAgainBouncesNothing) {
  for (int i = 0; i < 5; ++i) {
    Pass(absl::Seconds(1), true);
    Pass(Attendance::kGrace - absl::Milliseconds(250), false);
  }
  EXPECT_THAT(open(), ElementsAre("centre-1480"));
  EXPECT_EQ(alerts_.attendances.begun(), 1);
}

TEST_F(AttendanceTest, AStreamThatBreaksIsBegunAgainAfterAPause) {
  attendance_.Look(true, now_);
  alerts_.attendances.Break();
  Pass(Attendance::kPause, true);
  EXPECT_THAT(open(), IsEmpty());
  Pass(Attendance::kPause, true);
  EXPECT_THAT(open(), ElementsAre("centre-1480"));
}

TEST_F(AttendanceTest, NoStreamIsBegunForAPageThatHasGone) {
  attendance_.Look(true, now_);
  alerts_.attendances.Break();
  Pass(absl::Seconds(10), false);
  EXPECT_EQ(alerts_.attendances.begun(), 1);
}

TEST_F(AttendanceTest, SaysNothingButWhatAPageSays) {
  attendance_.Look(true, now_);
  Pass(absl::Seconds(10), true);
  EXPECT_THAT(alerts_.attendances.delivered(), IsEmpty());
  EXPECT_TRUE(attendance_.Delivered("a1", 3).ok());
  EXPECT_THAT(alerts_.attendances.delivered(), ElementsAre("a1 3"));
}

TEST_F(AttendanceTest, WithoutAStreamADeliveryIsRefused) {
  EXPECT_EQ(rpc::ReasonOf(attendance_.Delivered("a1", 3)), "NOT_ATTENDING");
  attendance_.Look(true, now_);
  alerts_.attendances.Break();
  EXPECT_EQ(rpc::ReasonOf(attendance_.Delivered("a1", 3)), "NOT_ATTENDING");
  EXPECT_THAT(alerts_.attendances.delivered(), IsEmpty());
}

}  // namespace
}  // namespace nara::gateway
