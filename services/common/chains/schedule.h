// When a schedule is open: hours of a week by the clock on the wall in Sweden.
//
// Hours belong to the day on which they begin, and last through midnight whatever day
// comes then. On the nights when the clock is changed a shift from 22 to 07 is eight or
// ten hours long. A time that the clock skips is the moment of the change, one that it
// shows twice is the first of the two: one shift's end is always the next one's start.
#pragma once

#include <set>
#include <vector>

#include "absl/time/time.h"
#include "nara/registry/v1/schedule.pb.h"

namespace nara {

// How a schedule is read.
struct Calendar {
  absl::TimeZone zone;
  registry::v1::HolidayRule holidays = registry::v1::HOLIDAY_RULE_OBSERVED;
};

// A time with its start and without its end.
struct Period {
  absl::Time from;
  absl::Time until;
};

bool IsOpen(const registry::v1::Schedule& schedule, const Calendar& calendar, absl::Time at);

// Its hours that touch the period, in no order; they may overlap.
std::vector<Period> OpenIn(const registry::v1::Schedule& schedule, const Calendar& calendar, const Period& period);

}  // namespace nara
