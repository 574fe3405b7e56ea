// Tells when something reaches us, by a time that a step of the machine's clock does not carry away.
//
// A device's wrong clock is corrected by the arrival, so an hour by which somebody moves *our* clock would move what
// thousands of devices say, and nobody could tell afterwards. The time here is the machine's at the start plus
// monotonic progress. As long as both agree within kClockStep it follows the machine (which NTP sets right a little at
// a time); a larger difference means that the clock was set, and nobody here can know whether it is right now or was
// right before. From then on arrivals are in doubt, and go on by the old time, until the machine's clock has gone
// steadily for kClockSteady: then its time is ours.
//
// Deliberately missing: any doubt at the start. What the machine says first counts.
//
// Threads: any. It looks at the clock whenever it is asked; the MQTT link's keeper asks each 50 ms.
#pragma once

#include <mutex>
#include <optional>

#include "absl/status/status.h"
#include "common/time/clock.h"
#include "ingest/arrival.h"
#include "ingest/metrics.h"

namespace nara::ingest {

// Above what a leap second and NTP's own small steps do, far below kClockTolerance, from which on devices are
// corrected.
inline constexpr absl::Duration kClockStep = absl::Seconds(5);
// Longer keeps a mistake that is soon put right from reaching any record; shorter lets devices with wrong clocks be
// corrected again sooner.
inline constexpr absl::Duration kClockSteady = absl::Minutes(2);

class ArrivalClock final : public Clock {
 public:
  // Both must outlive it.
  ArrivalClock(const Clock& machine, Metrics& metrics);

  Arrival Arrived() const;

  absl::Time Now() const override { return Arrived().at; }
  absl::Duration Monotonic() const override { return machine_.Monotonic(); }
  bool WaitFor(std::unique_lock<std::mutex>& lock, std::condition_variable& wake, absl::Duration timeout,
               const std::function<bool()>& ready) const override {
    return machine_.WaitFor(lock, wake, timeout, ready);
  }

  // Unavailable while arrivals are in doubt, with the reason.
  absl::Status Steady() const;

 private:
  void Look(absl::Duration monotonic, absl::Time zero) const;
  void Step(absl::Duration monotonic, absl::Time zero) const;
  void Accept() const;

  const Clock& machine_;
  Metrics& metrics_;

  mutable std::mutex mutex_;
  // State below is protected by mutex_. Times of the same two clocks: what the wall showed at monotonic zero.
  mutable absl::Time ours_;
  mutable absl::Time machines_;
  mutable std::optional<absl::Duration> stepped_at_;  // the last time, monotonic; nothing while all is well
};

}  // namespace nara::ingest
