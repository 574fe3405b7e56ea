#pragma once

#include <string_view>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"

// Sweden's days: which are holidays, which are working days, and which day it is there. Computed, for any year that
// the Gregorian calendar rules (from 1753); nothing is looked up and nothing has to be kept up to date but the law.
namespace nara {

// Every day that has a name of its own in the law on public holidays (1989:253) or counts like a Sunday in the law on
// annual leave (1977:480 § 3 a): the eves of midsummer, Christmas and the new year. Easter Eve is a Saturday.
enum class SwedishHoliday {
  kNone,
  kNewYearsDay,
  kEpiphany,
  kGoodFriday,
  kEasterEve,
  kEasterDay,
  kEasterMonday,
  kMayDay,
  kAscension,
  kPentecost,
  kWhitMonday,   // until 2004
  kNationalDay,  // from 2005
  kMidsummerEve,
  kMidsummerDay,
  kAllSaints,
  kChristmasEve,
  kChristmasDay,
  kBoxingDay,
  kNewYearsEve,
};

class SwedishCalendar {
 public:
  static absl::CivilDay EasterOf(absl::civil_year_t year);

  // Of two on one day (Ascension on the first of May 2008) the one that moves.
  static SwedishHoliday HolidayOn(absl::CivilDay day);

  // In Swedish, "Midsommarafton"; empty for kNone.
  static std::string_view NameOf(SwedishHoliday holiday);

  // A public holiday by name; an ordinary Sunday is none.
  static bool IsPublicHoliday(absl::CivilDay day);

  // A Sunday, or a public holiday. The eves are none: they are only free of work.
  static bool IsRedDay(absl::CivilDay day);

  // Monday to Friday, neither a public holiday nor one of the three eves.
  static bool IsWorkingDay(absl::CivilDay day);

  // Working days after `from` until and with `to`: what is ordered on a Friday and there on the Monday took one. 0
  // when `to` is not later. Walks day by day.
  static int WorkingDaysBetween(absl::CivilDay from, absl::CivilDay to);

  // The `count`th working day after `from`; `from` itself when it is 0.
  static absl::CivilDay AddWorkingDays(absl::CivilDay from, int count);

  // Which day it is in Sweden.
  static absl::CivilDay DayAt(absl::Time time);
  // When a day begins there.
  static absl::Time StartOf(absl::CivilDay day);

  // Europe/Stockholm. Never destroyed; the process ends with a message on a machine without time zones.
  static const absl::TimeZone& Zone();
};

}  // namespace nara
