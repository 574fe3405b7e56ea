#include "ingest/time_rules.h"

namespace nara::ingest {

RecordTime Correct(const ClockReading& reading) {
  RecordTime time;
  time.unchecked = reading.received_in_doubt;
  if (reading.sent && !time.unchecked) time.clock_offset = reading.received - *reading.sent;
  time.missing = !reading.at;
  time.effective = reading.at.value_or(reading.received);
  if (!time.missing && absl::AbsDuration(time.clock_offset) > kClockTolerance) time.effective += time.clock_offset;
  const absl::Duration ahead = time.effective - reading.received;
  time.ahead = ahead > kAheadNormal && ahead <= kAheadFlagged;
  return time;
}

void FitStart(const ClockReading& reading, absl::Time start, RecordTime& time) {
  if (time.effective >= start || !reading.at) return;
  const bool slightly_slow = time.effective == *reading.at && time.clock_offset > absl::ZeroDuration();
  const bool whole_second = absl::ToUnixMicros(*reading.at) % 1'000'000 == 0;
  if (slightly_slow && time.effective + time.clock_offset >= start) {
    time.effective += time.clock_offset;
  } else if (whole_second && time.effective + absl::Seconds(1) > start) {
    time.effective = start;
  }
}

std::optional<std::string> TimeInDoubt(const RecordTime& time, absl::Time received, absl::Time start, absl::Time end) {
  if (time.effective - received > kAheadFlagged) return "the corrected time is more than 24 h ahead of its arrival";
  if (time.effective < start) return "the corrected time is before the start of the assignment";
  if (time.effective >= end) return "the corrected time is after the end of the assignment that the epoch belongs to";
  return std::nullopt;
}

}  // namespace nara::ingest
