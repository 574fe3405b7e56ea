#include "common/time/swedish_calendar.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace nara {
namespace {

using absl::CivilDay;

// The free weekdays of a year as "MM-DD", Monday to Friday only.
std::vector<std::string> FreeWeekdays(int year) {
  std::vector<std::string> days;
  for (CivilDay day(year, 1, 1); day.year() == year; ++day) {
    const absl::Weekday weekday = absl::GetWeekday(day);
    const bool weekend = weekday == absl::Weekday::saturday || weekday == absl::Weekday::sunday;
    if (!weekend && !SwedishCalendar::IsWorkingDay(day)) days.push_back(absl::FormatCivilTime(day).substr(5));
  }
  return days;
}

int WorkingDaysOf(int year) {
  return SwedishCalendar::WorkingDaysBetween(CivilDay(year - 1, 12, 31), CivilDay(year, 12, 31));
}

TEST(SwedishCalendar, EasterMoves) {
  for (const CivilDay easter :
       {CivilDay(1818, 3, 22), CivilDay(1943, 4, 25), CivilDay(2000, 4, 23), CivilDay(2008, 3, 23),
        CivilDay(2011, 4, 24), CivilDay(2024, 3, 31), CivilDay(2025, 4, 20), CivilDay(2026, 4, 5),
        CivilDay(2027, 3, 28), CivilDay(2038, 4, 25)}) {
    EXPECT_EQ(SwedishCalendar::EasterOf(easter.year()), easter);
  }
}

TEST(SwedishCalendar, TheFreeWeekdaysOfKnownYears) {
  EXPECT_EQ(FreeWeekdays(2024), (std::vector<std::string>{"01-01", "03-29", "04-01", "05-01", "05-09", "06-06", "06-21",
                                                          "12-24", "12-25", "12-26", "12-31"}));
  EXPECT_EQ(FreeWeekdays(2025), (std::vector<std::string>{"01-01", "01-06", "04-18", "04-21", "05-01", "05-29", "06-06",
                                                          "06-20", "12-24", "12-25", "12-26", "12-31"}));
  EXPECT_EQ(FreeWeekdays(2026), (std::vector<std::string>{"01-01", "01-06", "04-03", "04-06", "05-01", "05-14", "06-19",
                                                          "12-24", "12-25", "12-31"}));
}

TEST(SwedishCalendar, TheWorkingDaysOfKnownYears) {
  EXPECT_EQ(WorkingDaysOf(2024), 251);
  EXPECT_EQ(WorkingDaysOf(2025), 249);
  EXPECT_EQ(WorkingDaysOf(2026), 251);
}

TEST(SwedishCalendar, WhitMondayGaveWayToTheNationalDay) {
  EXPECT_EQ(SwedishCalendar::HolidayOn(CivilDay(2004, 5, 31)), SwedishHoliday::kWhitMonday);
  EXPECT_TRUE(SwedishCalendar::IsRedDay(CivilDay(2004, 5, 31)));
  EXPECT_EQ(SwedishCalendar::HolidayOn(CivilDay(2005, 5, 16)), SwedishHoliday::kNone);
  EXPECT_EQ(SwedishCalendar::HolidayOn(CivilDay(2004, 6, 6)), SwedishHoliday::kNone);
  EXPECT_EQ(SwedishCalendar::HolidayOn(CivilDay(2005, 6, 6)), SwedishHoliday::kNationalDay);
}

TEST(SwedishCalendar, MidsummerAndAllSaintsAreSaturdays) {
  EXPECT_EQ(SwedishCalendar::HolidayOn(CivilDay(2026, 6, 20)), SwedishHoliday::kMidsummerDay);
  EXPECT_EQ(SwedishCalendar::HolidayOn(CivilDay(2027, 6, 25)), SwedishHoliday::kMidsummerEve);
  EXPECT_EQ(SwedishCalendar::HolidayOn(CivilDay(2027, 6, 26)), SwedishHoliday::kMidsummerDay);
  EXPECT_EQ(SwedishCalendar::HolidayOn(CivilDay(2026, 10, 31)), SwedishHoliday::kAllSaints);
  EXPECT_EQ(SwedishCalendar::HolidayOn(CivilDay(2027, 11, 6)), SwedishHoliday::kAllSaints);
  EXPECT_TRUE(SwedishCalendar::IsRedDay(CivilDay(2027, 11, 6)));
}

TEST(SwedishCalendar, AnEveIsFreeOfWorkButNotRed) {
  for (const CivilDay eve : {CivilDay(2026, 6, 19), CivilDay(2026, 12, 24), CivilDay(2026, 12, 31)}) {
    EXPECT_FALSE(SwedishCalendar::IsWorkingDay(eve));
    EXPECT_FALSE(SwedishCalendar::IsRedDay(eve));
  }
  EXPECT_FALSE(SwedishCalendar::IsRedDay(CivilDay(2026, 4, 4))) << "Easter Eve";
  EXPECT_TRUE(SwedishCalendar::IsRedDay(CivilDay(2026, 4, 5)));
}

TEST(SwedishCalendar, OfTwoOnOneDayTheOneThatMoves) {
  EXPECT_EQ(SwedishCalendar::NameOf(SwedishCalendar::HolidayOn(CivilDay(2008, 5, 1))), "Kristi himmelsfärdsdag");
  EXPECT_EQ(SwedishCalendar::NameOf(SwedishHoliday::kNone), "");
  EXPECT_EQ(SwedishCalendar::NameOf(SwedishHoliday::kNewYearsEve), "Nyårsafton");
}

TEST(SwedishCalendar, ALeadTimeSkipsWhatIsFree) {
  const auto between = SwedishCalendar::WorkingDaysBetween;
  EXPECT_EQ(between(CivilDay(2026, 2, 13), CivilDay(2026, 2, 16)), 1) << "Friday to Monday";
  EXPECT_EQ(between(CivilDay(2026, 2, 16), CivilDay(2026, 2, 16)), 0);
  EXPECT_EQ(between(CivilDay(2026, 2, 17), CivilDay(2026, 2, 16)), 0);
  EXPECT_EQ(between(CivilDay(2026, 4, 2), CivilDay(2026, 4, 7)), 1) << "over Easter";
  EXPECT_EQ(between(CivilDay(2026, 12, 23), CivilDay(2027, 1, 7)), 6) << "over Christmas";
  EXPECT_EQ(SwedishCalendar::AddWorkingDays(CivilDay(2026, 4, 2), 1), CivilDay(2026, 4, 7));
  EXPECT_EQ(SwedishCalendar::AddWorkingDays(CivilDay(2026, 4, 3), 0), CivilDay(2026, 4, 3));
  EXPECT_EQ(SwedishCalendar::AddWorkingDays(CivilDay(2026, 2, 13), 7), CivilDay(2026, 2, 24));
}

TEST(SwedishCalendar, TheDayIsSwedens) {
  const absl::Time before = absl::FromCivil(absl::CivilSecond(2026, 2, 16, 22, 59, 59), absl::UTCTimeZone());
  EXPECT_EQ(SwedishCalendar::DayAt(before), CivilDay(2026, 2, 16));
  EXPECT_EQ(SwedishCalendar::DayAt(before + absl::Seconds(1)), CivilDay(2026, 2, 17));
  EXPECT_EQ(SwedishCalendar::StartOf(CivilDay(2026, 2, 17)), before + absl::Seconds(1));
  const absl::Time spring = SwedishCalendar::StartOf(CivilDay(2026, 3, 29));
  EXPECT_EQ(SwedishCalendar::StartOf(CivilDay(2026, 3, 30)) - spring, absl::Hours(23)) << "summer time begins";
}

}  // namespace
}  // namespace nara
