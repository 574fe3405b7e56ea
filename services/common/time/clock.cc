#include "common/time/clock.h"

#include <chrono>

#include "absl/time/clock.h"

namespace nara {

absl::Time SystemClock::Now() const {
  return absl::Now();
}

absl::Duration SystemClock::Monotonic() const {
  return absl::FromChrono(std::chrono::steady_clock::now().time_since_epoch());
}

bool SystemClock::WaitFor(std::unique_lock<std::mutex>& lock, std::condition_variable& wake, absl::Duration timeout,
                          const std::function<bool()>& ready) const {
  // An hour is longer than any wait that means something, and keeps an infinite one from overflowing.
  return wake.wait_for(lock, absl::ToChronoMicroseconds(std::min(timeout, absl::Hours(1))), ready);
}

const SystemClock& SystemClock::Instance() {
  static const SystemClock* const clock = new SystemClock;
  return *clock;
}

absl::Time ManualClock::Now() const {
  const std::lock_guard lock(mutex_);
  return wall_;
}

absl::Duration ManualClock::Monotonic() const {
  const std::lock_guard lock(mutex_);
  return monotonic_;
}

bool ManualClock::WaitFor(std::unique_lock<std::mutex>& lock, std::condition_variable& wake, absl::Duration timeout,
                          const std::function<bool()>& ready) const {
  const absl::Duration until = Monotonic() + timeout;
  while (!ready() && Monotonic() < until) wake.wait_for(lock, std::chrono::milliseconds(1));
  return ready();
}

void ManualClock::Advance(absl::Duration by) {
  const std::lock_guard lock(mutex_);
  wall_ += by;
  monotonic_ += by;
}

void ManualClock::Step(absl::Duration by) {
  const std::lock_guard lock(mutex_);
  wall_ += by;
}

}  // namespace nara
