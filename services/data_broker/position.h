// How far in which logs (docs/formats/cursors.md).
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "absl/time/time.h"
#include "common/redis/keys.h"
#include "common/redis/position.h"

namespace nara::broker {

using nara::Log;
using nara::LogId;
using nara::Position;

// The logs that the data broker reads: alarm and measurement, not quarantine.
inline constexpr std::size_t kLogs = 2 * kShardCount;

// Their order in cursors: the measurement logs by shard, then the alarm logs.
constexpr std::size_t IndexOf(LogId log) {
  return static_cast<std::size_t>(log.shard + (log.log == Log::kAlarm ? kShardCount : 0));
}
constexpr LogId LogAt(std::size_t index) {
  const int number = static_cast<int>(index);
  return {.shard = number % kShardCount, .log = number < kShardCount ? Log::kMeasurement : Log::kAlarm};
}

// One position for each log: everything up to and including it is behind us.
class Positions {
 public:
  Position& operator[](LogId log) { return positions_[IndexOf(log)]; }
  Position operator[](LogId log) const { return positions_[IndexOf(log)]; }

  // In the order of cursors.
  auto begin() { return positions_.begin(); }
  auto end() { return positions_.end(); }
  auto begin() const { return positions_.begin(); }
  auto end() const { return positions_.end(); }

  friend bool operator==(const Positions&, const Positions&) = default;

 private:
  std::array<Position, kLogs> positions_;
};

// Where a subscriber is: in the logs, and in the notices of corrections, by number.
struct Place {
  Positions logs;
  std::uint64_t notice = 0;

  friend bool operator==(const Place&, const Place&) = default;
};

// The later position, log by log.
Positions Latest(const Positions& a, const Positions& b);

// True when `a` is at or beyond `b` in every log.
bool Covers(const Positions& a, const Positions& b);

// How long before `now` the entry at a position was appended; not negative.
std::chrono::milliseconds AgeOf(Position position, absl::Time now);

}  // namespace nara::broker
