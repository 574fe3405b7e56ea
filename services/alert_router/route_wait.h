// How long a log waits for a route that ingest knew and the router does not.
//
// The registry tells both of a change, and either may hear first. A record says by
// which revision it was taken; by older routes an alarm could go to who answered
// before. So its log waits, in order, until we know as much, but not for ever: a
// registry that was restored from a backup may never say it again. Who has waited
// in vain does not wait again until that revision has come: alarms that follow are
// not held up one after the other.
//
// One thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>

#include "absl/time/time.h"
#include "common/redis/keys.h"

namespace nara::alert {

class RouteWait {
 public:
  // The registry says what changed within a second when it is well.
  static constexpr absl::Duration kPatience = absl::Seconds(5);

  // Whether the next record of a log, taken by revision `wanted`, waits at `now` (of a
  // clock that is never set) while `known` is ours.
  bool Holds(LogId log, uint64_t wanted, uint64_t known, absl::Duration now);

 private:
  struct Hold {
    uint64_t wanted;
    absl::Duration since;
  };
  std::map<LogId, Hold> holds_;
};

}  // namespace nara::alert
