#include "device_registry/responsibility/birthday.h"

#include <algorithm>

#include "common/time/swedish_calendar.h"
#include "device_registry/validation.h"

namespace nara::registry {

absl::StatusOr<absl::CivilDay> ParseBirthDate(const std::string& text) {
  absl::CivilDay day;
  const bool date = absl::ParseCivilTime(text, &day) && text == absl::FormatCivilTime(day);
  if (!date || day.year() < 1890 || day.year() > 2199) return Invalid("birth_date", "is a date such as 2008-02-29");
  return day;
}

absl::CivilDay Birthday(absl::CivilDay born, int years) {
  const absl::CivilMonth month(born.year() + years, born.month());
  return std::min(absl::CivilDay(month.year(), month.month(), born.day()), absl::CivilDay(month + 1) - 1);
}

absl::Time BirthdayInSweden(absl::CivilDay born, int years) {
  return SwedishCalendar::StartOf(Birthday(born, years));
}

int AgeAt(absl::CivilDay born, absl::Time at) {
  const absl::CivilDay today = SwedishCalendar::DayAt(at);
  const int years = static_cast<int>(today.year() - born.year());
  return Birthday(born, years) <= today ? years : years - 1;
}

}  // namespace nara::registry
