#include "common/chains/schedule.h"

#include <gtest/gtest.h>

#include <string>

#include "common/time/swedish_calendar.h"
#include "common/time/text.h"

namespace nara {
namespace {

using registry::v1::Schedule;
using registry::v1::ScheduleDay;

// "22:00" as a minute of the day.
std::uint32_t Minute(const std::string& text) {
  return static_cast<std::uint32_t>(60 * std::stoi(text.substr(0, 2)) + std::stoi(text.substr(3)));
}

class ScheduleTest : public ::testing::Test {
 protected:
  void Add(ScheduleDay day, const std::string& from, const std::string& to) {
    registry::v1::WeeklyHours& hours = *schedule_.add_hours();
    hours.set_day(day);
    hours.set_from_minute(Minute(from));
    hours.set_to_minute(Minute(to));
  }
  void AddEachDay(const std::string& from, const std::string& to) {
    for (int day = registry::v1::SCHEDULE_DAY_MONDAY; day <= registry::v1::SCHEDULE_DAY_SUNDAY; ++day) {
      Add(static_cast<ScheduleDay>(day), from, to);
    }
  }
  // At a time with its offset.
  bool Open(const std::string& at) const { return IsOpen(schedule_, calendar_, ParseRfc3339(at).value()); }
  // How long it is open in all between two instants, when its hours do not overlap.
  absl::Duration OpenBetween(const std::string& from, const std::string& until) const {
    absl::Duration sum;
    for (const Period& open : OpenIn(schedule_, calendar_, {ParseRfc3339(from).value(), ParseRfc3339(until).value()})) {
      sum += open.until - open.from;
    }
    return sum;
  }

  Schedule schedule_;
  Calendar calendar_{.zone = SwedishCalendar::Zone()};
};

TEST_F(ScheduleTest, IsOpenFromItsFirstMomentAndNotAtItsEnd) {
  Add(registry::v1::SCHEDULE_DAY_TUESDAY, "08:00", "17:00");
  EXPECT_FALSE(Open("2026-02-17T07:59:59.999+01:00"));
  EXPECT_TRUE(Open("2026-02-17T08:00:00+01:00"));
  EXPECT_TRUE(Open("2026-02-17T16:59:59.999+01:00"));
  EXPECT_FALSE(Open("2026-02-17T17:00:00+01:00"));
  EXPECT_FALSE(Open("2026-02-18T12:00:00+01:00"));
}

TEST_F(ScheduleTest, GoesByTheClockOnTheWallInSummerAndInWinter) {
  AddEachDay("08:00", "17:00");
  EXPECT_TRUE(Open("2026-01-15T07:00:00Z"));
  EXPECT_FALSE(Open("2026-01-15T06:00:00Z"));
  EXPECT_TRUE(Open("2026-07-15T06:00:00Z"));
  EXPECT_FALSE(Open("2026-07-15T15:00:00Z"));
}

TEST_F(ScheduleTest, ANightShiftBelongsToTheDayOnWhichItBegins) {
  Add(registry::v1::SCHEDULE_DAY_FRIDAY, "22:00", "07:00");
  EXPECT_TRUE(Open("2026-02-20T22:00:00+01:00"));
  EXPECT_TRUE(Open("2026-02-21T03:10:00+01:00"));
  EXPECT_FALSE(Open("2026-02-21T07:00:00+01:00"));
  EXPECT_FALSE(Open("2026-02-20T03:10:00+01:00"));
}

TEST_F(ScheduleTest, TheNightInSpringIsAnHourShorter) {
  AddEachDay("22:00", "07:00");
  EXPECT_EQ(OpenBetween("2026-03-28T20:00:00+01:00", "2026-03-29T12:00:00+02:00"), absl::Hours(8));
  EXPECT_TRUE(Open("2026-03-29T01:59:59+01:00"));
  EXPECT_TRUE(Open("2026-03-29T03:00:00+02:00"));
  EXPECT_TRUE(Open("2026-03-29T06:59:59+02:00"));
  EXPECT_FALSE(Open("2026-03-29T07:00:00+02:00"));
}

TEST_F(ScheduleTest, TheNightInAutumnIsAnHourLonger) {
  AddEachDay("22:00", "07:00");
  EXPECT_EQ(OpenBetween("2026-10-24T20:00:00+02:00", "2026-10-25T12:00:00+01:00"), absl::Hours(10));
  EXPECT_TRUE(Open("2026-10-25T02:30:00+02:00"));
  EXPECT_TRUE(Open("2026-10-25T02:30:00+01:00"));
  EXPECT_FALSE(Open("2026-10-25T07:00:00+01:00"));
}

TEST_F(ScheduleTest, OneShiftFollowsTheOtherAlsoWhereTheClockIsChanged) {
  AddEachDay("22:00", "02:30");
  AddEachDay("02:30", "22:00");
  EXPECT_EQ(OpenBetween("2026-03-29T00:00:00+01:00", "2026-03-29T01:59:00+01:00") +
                OpenBetween("2026-03-29T03:01:00+02:00", "2026-03-29T21:00:00+02:00"),
            absl::Hours(4) + absl::Hours(19));
  for (absl::Time at = ParseRfc3339("2026-10-24T20:00:00Z").value(); at < ParseRfc3339("2026-10-25T08:00:00Z").value();
       at += absl::Minutes(5)) {
    EXPECT_TRUE(IsOpen(schedule_, calendar_, at)) << at;
  }
}

TEST_F(ScheduleTest, AHolidayHasItsOwnHoursElseSundays) {
  Add(registry::v1::SCHEDULE_DAY_THURSDAY, "08:00", "17:00");
  Add(registry::v1::SCHEDULE_DAY_SUNDAY, "10:00", "14:00");
  EXPECT_FALSE(Open("2026-05-14T09:00:00+02:00")) << "Ascension Day is a Thursday";
  EXPECT_TRUE(Open("2026-05-14T10:00:00+02:00"));
  Add(registry::v1::SCHEDULE_DAY_HOLIDAY, "12:00", "13:00");
  EXPECT_FALSE(Open("2026-05-14T10:00:00+02:00"));
  EXPECT_TRUE(Open("2026-05-14T12:00:00+02:00"));
  EXPECT_TRUE(Open("2026-05-21T09:00:00+02:00"));
}

TEST_F(ScheduleTest, ADayBeforeAHolidayHasItsOwnHoursElseTheWeekdays) {
  Add(registry::v1::SCHEDULE_DAY_FRIDAY, "08:00", "17:00");
  EXPECT_TRUE(Open("2026-06-19T16:00:00+02:00")) << "Midsummer Eve";
  Add(registry::v1::SCHEDULE_DAY_BEFORE_HOLIDAY, "08:00", "12:00");
  EXPECT_FALSE(Open("2026-06-19T16:00:00+02:00"));
  EXPECT_TRUE(Open("2026-06-19T11:00:00+02:00"));
  EXPECT_TRUE(Open("2026-06-12T16:00:00+02:00"));
}

TEST_F(ScheduleTest, HoursWithoutLengthSayThatADayIsClosed) {
  AddEachDay("08:00", "17:00");
  Add(registry::v1::SCHEDULE_DAY_HOLIDAY, "00:00", "00:00");
  EXPECT_FALSE(Open("2026-12-25T12:00:00+01:00"));
  EXPECT_TRUE(Open("2026-12-27T12:00:00+01:00"));
}

TEST_F(ScheduleTest, HolidaysCanBeDaysAsAny) {
  Add(registry::v1::SCHEDULE_DAY_THURSDAY, "08:00", "17:00");
  Add(registry::v1::SCHEDULE_DAY_HOLIDAY, "12:00", "13:00");
  calendar_.holidays = registry::v1::HOLIDAY_RULE_IGNORED;
  EXPECT_TRUE(Open("2026-05-14T09:00:00+02:00"));
}

}  // namespace
}  // namespace nara
