// The guard's refusals by reason, as metrics of the alarm lane: the MQTT server has no /metrics of its own.
#pragma once

#include <string_view>

#include "common/metrics/registry.h"

namespace nara::ingest {

// The numbers are the guard's own, counted since the MQTT server's start. They are not there before the guard has said
// them, so that a restart of ingest looks like a gap, and one of the server like the restart of a counter.
//
// Threads: Take is called by one at a time.
class GuardCounters {
 public:
  // `registry` must outlive it.
  explicit GuardCounters(metrics::Registry& registry) : registry_(registry) {}

  // Takes what the guard published: {"topic":3,...,"cut":1}. What cannot be read changes nothing.
  void Take(std::string_view json);

 private:
  metrics::Registry& registry_;
};

}  // namespace nara::ingest
