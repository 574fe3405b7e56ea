#include "common/time/swedish_calendar.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <optional>

namespace nara {
namespace {

using absl::CivilDay;
using absl::Weekday;
using enum SwedishHoliday;

struct Fixed {
  int month;
  int day;
  SwedishHoliday holiday;
};

constexpr Fixed kFixed[] = {{1, 1, kNewYearsDay},    {1, 6, kEpiphany},       {5, 1, kMayDay},
                            {12, 24, kChristmasEve}, {12, 25, kChristmasDay}, {12, 26, kBoxingDay},
                            {12, 31, kNewYearsEve}};

struct FromEaster {
  int days;
  SwedishHoliday holiday;
};

constexpr FromEaster kFromEaster[] = {{-2, kGoodFriday},  {-1, kEasterEve}, {0, kEasterDay},
                                      {1, kEasterMonday}, {39, kAscension}, {49, kPentecost}};

// The name of each, in the order of the enum.
constexpr std::array<std::string_view, 19> kNames = {"",
                                                     "Nyårsdagen",
                                                     "Trettondedag jul",
                                                     "Långfredagen",
                                                     "Påskafton",
                                                     "Påskdagen",
                                                     "Annandag påsk",
                                                     "Första maj",
                                                     "Kristi himmelsfärdsdag",
                                                     "Pingstdagen",
                                                     "Annandag pingst",
                                                     "Sveriges nationaldag",
                                                     "Midsommarafton",
                                                     "Midsommardagen",
                                                     "Alla helgons dag",
                                                     "Julafton",
                                                     "Juldagen",
                                                     "Annandag jul",
                                                     "Nyårsafton"};

constexpr absl::civil_year_t kNationalDaySince = 2005;

SwedishHoliday ByEaster(CivilDay day) {
  const absl::civil_diff_t days = day - SwedishCalendar::EasterOf(day.year());
  for (const FromEaster& entry : kFromEaster) {
    if (entry.days == days) return entry.holiday;
  }
  return days == 50 && day.year() < kNationalDaySince ? kWhitMonday : kNone;
}

SwedishHoliday ByDate(CivilDay day) {
  for (const Fixed& entry : kFixed) {
    if (entry.month == day.month() && entry.day == day.day()) return entry.holiday;
  }
  return day.month() == 6 && day.day() == 6 && day.year() >= kNationalDaySince ? kNationalDay : kNone;
}

// The Saturday from 20 to 26 June and the Friday before it; the Saturday from 31 October to 6 November.
SwedishHoliday ByWeekday(CivilDay day) {
  const Weekday weekday = absl::GetWeekday(day);
  if (day.month() == 6 && weekday == Weekday::friday && day.day() >= 19 && day.day() <= 25) return kMidsummerEve;
  if (weekday != Weekday::saturday) return kNone;
  if (day.month() == 6 && day.day() >= 20 && day.day() <= 26) return kMidsummerDay;
  const bool all_saints = (day.month() == 10 && day.day() == 31) || (day.month() == 11 && day.day() <= 6);
  return all_saints ? kAllSaints : kNone;
}

bool IsEve(SwedishHoliday holiday) {
  return holiday == kMidsummerEve || holiday == kChristmasEve || holiday == kNewYearsEve || holiday == kEasterEve;
}

}  // namespace

// The anonymous Gregorian computus.
CivilDay SwedishCalendar::EasterOf(absl::civil_year_t year) {
  const auto a = year % 19;
  const auto b = year / 100;
  const auto c = year % 100;
  const auto d = (19 * a + b - b / 4 - (b - (b + 8) / 25 + 1) / 3 + 15) % 30;
  const auto e = (32 + 2 * (b % 4) + 2 * (c / 4) - d - c % 4) % 7;
  const auto f = d + e - 7 * ((a + 11 * d + 22 * e) / 451) + 114;
  return CivilDay(year, f / 31, f % 31 + 1);
}

SwedishHoliday SwedishCalendar::HolidayOn(CivilDay day) {
  for (const auto by : {ByEaster, ByWeekday, ByDate}) {
    if (const SwedishHoliday holiday = by(day); holiday != kNone) return holiday;
  }
  return kNone;
}

std::string_view SwedishCalendar::NameOf(SwedishHoliday holiday) {
  return kNames.at(static_cast<std::size_t>(holiday));
}

bool SwedishCalendar::IsPublicHoliday(CivilDay day) {
  const SwedishHoliday holiday = HolidayOn(day);
  return holiday != kNone && !IsEve(holiday);
}

bool SwedishCalendar::IsRedDay(CivilDay day) {
  return absl::GetWeekday(day) == Weekday::sunday || IsPublicHoliday(day);
}

bool SwedishCalendar::IsWorkingDay(CivilDay day) {
  const Weekday weekday = absl::GetWeekday(day);
  return weekday != Weekday::saturday && weekday != Weekday::sunday && HolidayOn(day) == kNone;
}

int SwedishCalendar::WorkingDaysBetween(CivilDay from, CivilDay to) {
  int count = 0;
  for (CivilDay day = from + 1; day <= to; ++day) count += IsWorkingDay(day) ? 1 : 0;
  return count;
}

CivilDay SwedishCalendar::AddWorkingDays(CivilDay from, int count) {
  CivilDay day = from;
  while (count > 0) {
    ++day;
    count -= IsWorkingDay(day) ? 1 : 0;
  }
  return day;
}

CivilDay SwedishCalendar::DayAt(absl::Time time) {
  return absl::ToCivilDay(time, Zone());
}

absl::Time SwedishCalendar::StartOf(CivilDay day) {
  return absl::FromCivil(day, Zone());
}

const absl::TimeZone& SwedishCalendar::Zone() {
  static const absl::TimeZone zone = [] {
    absl::TimeZone loaded;
    if (absl::LoadTimeZone("Europe/Stockholm", &loaded)) return loaded;
    std::fputs("this machine has no time zone Europe/Stockholm; install tzdata\n", stderr);
    std::abort();
  }();
  return zone;
}

}  // namespace nara
