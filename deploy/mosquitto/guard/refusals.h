#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>

#include "deploy/mosquitto/guard/rules.h"

namespace nara::guard {

// Counts refusals by reason since the MQTT server started, and says when they should be told. One thread: the MQTT
// server's.
class Refusals {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // Between two publications, and between two log lines of one reason: a hostile client must not fill a disk.
  static constexpr std::chrono::seconds kInterval{1};

  // Counts one. True when it should be logged, at most once each kInterval for one reason.
  bool Count(Refusal refusal, Time now);

  // Counts one that was counted before, of which ingest is not told.
  void Cut();

  // True when the counters changed since the last call that returned true, kInterval ago or more; the first call is
  // true.
  bool ShouldPublish(Time now);

  // {"topic":3,...,"cut":0} with every reason, also those of 0.
  std::string ToJson() const;

 private:
  struct Counter {
    uint64_t count = 0;
    Time logged;
  };

  std::array<Counter, kRefusalCount> counters_;
  uint64_t cut_ = 0;
  Time published_;
  bool changed_ = true;
};

}  // namespace nara::guard
