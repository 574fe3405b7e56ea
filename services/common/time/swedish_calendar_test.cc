#include "common/time/swedish_calendar.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace nara {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> HolidaysOf(int year) {
  std::vector<std::string> days;
  for (absl::CivilDay day(year, 1, 1); day.year() == year; ++day) {
    if (IsHoliday(day)) days.push_back(absl::FormatCivilTime(day).substr(5));
  }
  return days;
}

TEST(SwedishCalendar, KnowsTheHolidaysOfAYear) {
  EXPECT_THAT(HolidaysOf(2026), ElementsAre("01-01", "01-06", "04-03", "04-05", "04-06", "05-01", "05-14", "05-24",
                                            "06-06", "06-20", "10-31", "12-25", "12-26"));
  EXPECT_THAT(HolidaysOf(2024), ElementsAre("01-01", "01-06", "03-29", "03-31", "04-01", "05-01", "05-09", "05-19",
                                            "06-06", "06-22", "11-02", "12-25", "12-26"));
}

TEST(SwedishCalendar, EasterMovesBetweenItsEarliestAndItsLatest) {
  EXPECT_TRUE(IsHoliday(absl::CivilDay(1818, 3, 22)));
  EXPECT_TRUE(IsHoliday(absl::CivilDay(2038, 4, 25)));
  EXPECT_TRUE(IsHoliday(absl::CivilDay(2000, 4, 23)));
}

TEST(SwedishCalendar, PeopleWorkFromMondayToFridayButNotOnHolidaysAndTheirEves) {
  EXPECT_TRUE(IsWorkingDay(absl::CivilDay(2026, 2, 17)));
  EXPECT_FALSE(IsWorkingDay(absl::CivilDay(2026, 2, 21))) << "a Saturday";
  EXPECT_FALSE(IsWorkingDay(absl::CivilDay(2026, 2, 22))) << "a Sunday";
  EXPECT_FALSE(IsWorkingDay(absl::CivilDay(2026, 5, 14))) << "Ascension Day";
  EXPECT_FALSE(IsWorkingDay(absl::CivilDay(2026, 6, 19))) << "Midsummer Eve";
  EXPECT_FALSE(IsWorkingDay(absl::CivilDay(2026, 12, 24)));
  EXPECT_FALSE(IsWorkingDay(absl::CivilDay(2026, 12, 31)));
  EXPECT_TRUE(IsWorkingDay(absl::CivilDay(2026, 4, 2))) << "Maundy Thursday is no day off";
}

}  // namespace
}  // namespace nara
