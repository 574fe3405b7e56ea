#include "common/time/swedish_calendar.h"

#include <utility>

namespace nara {
namespace {

using MonthAndDay = std::pair<int, int>;

constexpr MonthAndDay kFixed[] = {{1, 1}, {1, 6}, {5, 1}, {6, 6}, {12, 25}, {12, 26}};
// Good Friday, Easter Day, Easter Monday, Ascension Day, Whit Sunday: days after Easter Day.
constexpr int kByEaster[] = {-2, 0, 1, 39, 49};

// Gauss's rule as completed by Meeus, Jones and Butcher.
absl::CivilDay EasterDay(absl::civil_year_t year) {
  const auto a = year % 19, b = year / 100, c = year % 100;
  const auto h = (19 * a + b - b / 4 - (b - (b + 8) / 25 + 1) / 3 + 15) % 30;
  const auto l = (32 + 2 * (b % 4) + 2 * (c / 4) - h - c % 4) % 7;
  const auto n = h + l - 7 * ((a + 11 * h + 22 * l) / 451) + 114;
  return absl::CivilDay(year, n / 31, n % 31 + 1);
}

// The Saturday of the week that begins on that day.
absl::CivilDay SaturdayFrom(absl::CivilDay day) {
  return absl::NextWeekday(day - 1, absl::Weekday::saturday);
}

absl::CivilDay MidsummerDay(absl::civil_year_t year) {
  return SaturdayFrom(absl::CivilDay(year, 6, 20));
}

bool IsEve(absl::CivilDay day) {
  const MonthAndDay date{day.month(), day.day()};
  return date == MonthAndDay{12, 24} || date == MonthAndDay{12, 31} || day + 1 == MidsummerDay(day.year());
}

}  // namespace

bool IsHoliday(absl::CivilDay day) {
  for (const MonthAndDay& date : kFixed) {
    if (date == MonthAndDay{day.month(), day.day()}) return true;
  }
  const absl::CivilDay easter = EasterDay(day.year());
  for (const int after : kByEaster) {
    if (day == easter + after) return true;
  }
  return day == MidsummerDay(day.year()) || day == SaturdayFrom(absl::CivilDay(day.year(), 10, 31));
}

bool IsWorkingDay(absl::CivilDay day) {
  const absl::Weekday weekday = absl::GetWeekday(day);
  const bool weekend = weekday == absl::Weekday::saturday || weekday == absl::Weekday::sunday;
  return !weekend && !IsHoliday(day) && !IsEve(day);
}

}  // namespace nara
