// Which log, and how far in it (docs/formats/cursors.md).
#pragma once

#include <array>
#include <chrono>
#include <cstddef>

#include "common/redis/position.h"

namespace nara::broker {

using nara::Position;

inline constexpr std::size_t kShards = 16;
inline constexpr std::size_t kLogs = 2 * kShards;

// Lanes by the log they stand in. The numbers are stored in history rows.
enum class LogLane : int { kMeasurement = 0, kAlarm = 1 };

// Number of a log, 0 to 31: the measurement logs by shard, then the alarm logs.
constexpr std::size_t LogIndex(LogLane lane, std::size_t shard) {
  return static_cast<std::size_t>(lane) * kShards + shard;
}
constexpr LogLane LaneOf(std::size_t log) {
  return static_cast<LogLane>(log / kShards);
}
constexpr std::size_t ShardOf(std::size_t log) {
  return log % kShards;
}

// One position for each log: everything up to and including it is behind us.
using Positions = std::array<Position, kLogs>;

// The later position, log by log.
Positions Latest(const Positions& a, const Positions& b);

// True when `a` is at or beyond `b` in every log.
bool Covers(const Positions& a, const Positions& b);

// How long ago the entry at a position was appended; not negative.
std::chrono::milliseconds AgeOf(Position position);

}  // namespace nara::broker
