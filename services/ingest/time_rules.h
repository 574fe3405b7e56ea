// When a record was produced, as far as the device can be believed.
#pragma once

#include <optional>
#include <string>

#include "absl/time/time.h"

namespace nara::ingest {

// A device that says it sent within this of the arrival is taken at its word: the rest is the way of the message, which
// may have waited in the MQTT server. Beyond it the clock is wrong, and the difference corrects its times.
inline constexpr absl::Duration kClockTolerance = absl::Minutes(2);
// Up to this ahead of arrival is normal.
inline constexpr absl::Duration kAheadNormal = absl::Minutes(2);
// Up to this ahead of arrival it is delivered with a flag, beyond it is held.
inline constexpr absl::Duration kAheadFlagged = absl::Hours(24);

struct ClockReading {
  std::optional<absl::Time> at;    // the record's time, by the device's clock
  std::optional<absl::Time> sent;  // the same clock when it sent
  absl::Time received;             // ours
  bool received_in_doubt = false;  // ours may be wrong
};

struct RecordTime {
  // When it was produced: corrected; the arrival when the device gave no time.
  absl::Time effective;
  absl::Duration clock_offset;  // received - sent; zero when the device did not say, or our clock is in doubt
  bool missing = false;
  bool ahead = false;      // by 2 minutes to 24 hours
  bool unchecked = false;  // as the device said: nothing was there to correct it by
};

// While our clock is in doubt nothing is corrected: a device whose clock is right would get our mistake.
RecordTime Correct(const ClockReading& reading);

// A record of the first moments of an assignment, by a clock that is a little slow or shows whole seconds only, would
// lie before its start: it is moved by what the device said at sending, or up to the start within its second.
void FitStart(const ClockReading& reading, absl::Time start, RecordTime& time);

// Why the time cannot be believed inside an assignment that runs from `start` to `end` (infinite while it runs);
// nothing when it can.
std::optional<std::string> TimeInDoubt(const RecordTime& time, absl::Time received, absl::Time start, absl::Time end);

}  // namespace nara::ingest
