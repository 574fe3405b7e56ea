#include "alert_router/route_wait.h"

namespace nara::alert {

bool RouteWait::Holds(LogId log, uint64_t wanted, uint64_t known, absl::Duration now) {
  const auto hold = holds_.find(log);
  const bool goes_on = hold != holds_.end() && hold->second.wanted > known;
  if (!goes_on && hold != holds_.end()) holds_.erase(hold);
  if (wanted <= known) return false;
  if (goes_on) return now < hold->second.since + kPatience;
  holds_[log] = {wanted, now};
  return true;
}

}  // namespace nara::alert
