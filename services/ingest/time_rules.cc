#include "ingest/time_rules.h"

namespace nara::ingest {

RecordTime Correct(const ClockReading& reading) {
  RecordTime time;
  if (reading.sent) time.clock_offset = reading.received - *reading.sent;
  time.missing = !reading.at;
  time.effective = reading.at.value_or(reading.received);
  if (!time.missing && absl::AbsDuration(time.clock_offset) > kClockTolerance) time.effective += time.clock_offset;
  const absl::Duration ahead = time.effective - reading.received;
  time.ahead = ahead > kAheadNormal && ahead <= kAheadFlagged;
  return time;
}

std::optional<std::string> TimeInDoubt(const RecordTime& time, absl::Time received, absl::Time start, absl::Time end) {
  if (time.effective - received > kAheadFlagged) return "the corrected time is more than 24 h ahead of its arrival";
  if (time.effective < start) return "the corrected time is before the start of the assignment";
  if (time.effective >= end) return "the corrected time is after the end of the assignment that the epoch belongs to";
  return std::nullopt;
}

}  // namespace nara::ingest
