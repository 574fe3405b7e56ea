// Which alert an event of an episode is about.
//
// Devices use the name of an episode again: a dispenser counts its doses from 1
// after a reset, another names them by the time of day. A dose that were taken for
// an older one would be missed in silence. Only what is surely a repetition is one
// therefore, and everything else is another occurrence, with an alert of its own.
//
// An event repeats the event of an alert when it is the same (its id, where the
// device numbers what it says), or when both
//   - were produced within the kind's alarm_for of each other, and within 12 hours,
//   - within one hour if their epochs differ: the device has begun to count anew,
//   - and no end of the episode lies between them.
// An end belongs to the newest occurrence that began before it, if that was within
// alarm_for, or one hour if their epochs differ. What a device says within two
// minutes has no order.
//
// Pure functions over what the store holds of one (device, kind, episode) of one
// assignment; simulation_test plays devices that are reset, resend and remind.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "alert_router/alert.h"

namespace nara::alert {

// An event that ended its episode.
struct EpisodeEnd {
  std::string kind;  // for example "dose_taken"
  std::string event_id;
  Time at{};  // when it was produced

  bool operator==(const EpisodeEnd&) const = default;
};

// An event that may begin an occurrence.
struct Beginning {
  std::string event_id;
  Time at{};                          // when it was produced
  std::chrono::seconds alarm_for{0};  // of its kind
};

// Both ends included.
struct Period {
  Time from{};
  Time to{};

  bool Has(Time time) const { return from <= time && time <= to; }
};

// What must be known to judge an event: alerts whose events lie in this period, and
// ends that do.
Period AlertsAround(const Beginning& event);
Period EndsAround(const Beginning& event);

// Where the event of an alert lies that an end at `end` can belong to.
Period BegunBefore(Time end, std::chrono::seconds alarm_for);

// True when an alert of `known` is about the same occurrence.
bool IsRepeat(const Beginning& event, const std::vector<Alert>& known, const std::vector<EpisodeEnd>& ends);

// The kind of the end that came before its beginning; "" for none.
std::string EndedBy(const Beginning& event, const std::vector<Alert>& known, const std::vector<EpisodeEnd>& ends);

// The alert of `known` that an end belongs to; null for none.
const Alert* EndedWith(const EpisodeEnd& end, const std::vector<Alert>& known, std::chrono::seconds alarm_for);

}  // namespace nara::alert
