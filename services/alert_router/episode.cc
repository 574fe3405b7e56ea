#include "alert_router/episode.h"

#include <algorithm>
#include <string_view>

namespace nara::alert {
namespace {

using std::chrono::seconds;

constexpr seconds kLongestRepetition = std::chrono::hours(12);
constexpr seconds kAcrossEpochs = std::chrono::hours(1);
constexpr seconds kClockSlack = std::chrono::minutes(2);

// "disp-1/a/9f3c" of "disp-1/a/9f3c/7" (docs/formats/logs.md); "" for a device that does not number what it says.
std::string_view EpochOf(std::string_view event_id) {
  const std::size_t slash = event_id.rfind('/');
  if (slash == std::string_view::npos || event_id.substr(slash + 1) == "0") return "";
  return event_id.substr(0, slash);
}

seconds Within(seconds limit, std::string_view one, std::string_view other) {
  const std::string_view epoch = EpochOf(one);
  const std::string_view other_epoch = EpochOf(other);
  const bool anew = !epoch.empty() && !other_epoch.empty() && epoch != other_epoch;
  return anew ? std::min(limit, kAcrossEpochs) : limit;
}

seconds LongestRepetition(const Beginning& event) {
  return std::min(event.alarm_for, kLongestRepetition);
}

// Whether an end at `end` can belong to what began at `begun`.
bool Belongs(Time end, Time begun, seconds limit) {
  return BegunBefore(end, limit).Has(begun);
}

bool IsOverBetween(Time one, Time other, const std::vector<EpisodeEnd>& ends) {
  const Time from = std::min(one, other) - kClockSlack;
  const Time to = std::max(one, other) - kClockSlack;
  return std::any_of(ends.begin(), ends.end(), [&](const EpisodeEnd& end) { return from <= end.at && end.at < to; });
}

bool Repeats(const Beginning& event, const Alert& alert, const std::vector<EpisodeEnd>& ends) {
  if (event.event_id == alert.event_id && !EpochOf(event.event_id).empty()) return true;
  const seconds within = Within(LongestRepetition(event), event.event_id, alert.event_id);
  const auto distance = std::chrono::abs(event.at - alert.effective_at);
  return distance <= within && !IsOverBetween(event.at, alert.effective_at, ends);
}

bool Ends(const EpisodeEnd& end, const Beginning& event, const std::vector<Alert>& known) {
  const seconds within = Within(event.alarm_for, event.event_id, end.event_id);
  if (!Belongs(end.at, event.at, within)) return false;
  const Alert* newest = EndedWith(end, known, event.alarm_for);
  return newest == nullptr || newest->effective_at <= event.at;
}

}  // namespace

Period AlertsAround(const Beginning& event) {
  return {event.at - LongestRepetition(event), event.at + event.alarm_for + kClockSlack};
}

Period EndsAround(const Beginning& event) {
  return {event.at - LongestRepetition(event) - kClockSlack, event.at + event.alarm_for};
}

Period BegunBefore(Time end, seconds alarm_for) {
  return {end - alarm_for, end + kClockSlack};
}

bool IsRepeat(const Beginning& event, const std::vector<Alert>& known, const std::vector<EpisodeEnd>& ends) {
  return std::any_of(known.begin(), known.end(), [&](const Alert& alert) { return Repeats(event, alert, ends); });
}

std::string EndedBy(const Beginning& event, const std::vector<Alert>& known, const std::vector<EpisodeEnd>& ends) {
  const auto found =
      std::find_if(ends.begin(), ends.end(), [&](const EpisodeEnd& end) { return Ends(end, event, known); });
  return found == ends.end() ? "" : found->kind;
}

const Alert* EndedWith(const EpisodeEnd& end, const std::vector<Alert>& known, seconds alarm_for) {
  const Alert* newest = nullptr;
  for (const Alert& alert : known) {
    if (!Belongs(end.at, alert.effective_at, Within(alarm_for, end.event_id, alert.event_id))) continue;
    if (newest == nullptr || newest->effective_at <= alert.effective_at) newest = &alert;
  }
  return newest;
}

}  // namespace nara::alert
