#include "common/chains/schedule.h"

#include <algorithm>

#include "absl/time/civil_time.h"
#include "common/time/swedish_calendar.h"

namespace nara {
namespace {

using registry::v1::Schedule;
using registry::v1::ScheduleDay;
using registry::v1::WeeklyHours;

bool Names(const Schedule& schedule, ScheduleDay day) {
  return std::any_of(schedule.hours().begin(), schedule.hours().end(),
                     [day](const WeeklyHours& hours) { return hours.day() == day; });
}

ScheduleDay WeekdayOf(absl::CivilDay day) {
  return static_cast<ScheduleDay>(static_cast<int>(absl::GetWeekday(day)) + registry::v1::SCHEDULE_DAY_MONDAY);
}

// Whose hours hold on that day.
ScheduleDay DayOf(const Schedule& schedule, registry::v1::HolidayRule rule, absl::CivilDay day) {
  if (rule == registry::v1::HOLIDAY_RULE_IGNORED) return WeekdayOf(day);
  if (SwedishCalendar::IsPublicHoliday(day)) {
    const bool named = Names(schedule, registry::v1::SCHEDULE_DAY_HOLIDAY);
    return named ? registry::v1::SCHEDULE_DAY_HOLIDAY : registry::v1::SCHEDULE_DAY_SUNDAY;
  }
  const bool before =
      SwedishCalendar::IsPublicHoliday(day + 1) && Names(schedule, registry::v1::SCHEDULE_DAY_BEFORE_HOLIDAY);
  return before ? registry::v1::SCHEDULE_DAY_BEFORE_HOLIDAY : WeekdayOf(day);
}

absl::Time InstantOf(absl::CivilDay day, std::uint32_t minute, absl::TimeZone zone) {
  return absl::FromCivil(absl::CivilMinute(day) + minute, zone);
}

Period PeriodOf(const WeeklyHours& hours, absl::CivilDay day, absl::TimeZone zone) {
  const absl::CivilDay last = hours.to_minute() < hours.from_minute() ? day + 1 : day;
  return {InstantOf(day, hours.from_minute(), zone), InstantOf(last, hours.to_minute(), zone)};
}

}  // namespace

std::vector<Period> OpenIn(const Schedule& schedule, const Calendar& calendar, const Period& period) {
  std::vector<Period> open;
  const absl::CivilDay last = absl::ToCivilDay(period.until, calendar.zone);
  for (absl::CivilDay day = absl::ToCivilDay(period.from, calendar.zone) - 1; day <= last; ++day) {
    const ScheduleDay kind = DayOf(schedule, calendar.holidays, day);
    for (const WeeklyHours& hours : schedule.hours()) {
      if (hours.day() != kind) continue;
      const Period found = PeriodOf(hours, day, calendar.zone);
      if (found.from < found.until && found.from < period.until && period.from < found.until) open.push_back(found);
    }
  }
  return open;
}

bool IsOpen(const Schedule& schedule, const Calendar& calendar, absl::Time at) {
  return !OpenIn(schedule, calendar, {at, at + absl::Nanoseconds(1)}).empty();
}

}  // namespace nara
