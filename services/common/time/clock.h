#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>

#include "absl/time/time.h"

namespace nara {

// Where a class gets the time from, so that a test can move it by hand. Safe to use from any thread.
class Clock {
 public:
  virtual ~Clock() = default;

  // Wall time, UTC inside. It may jump; never measure with it.
  virtual absl::Time Now() const = 0;

  // Time since an arbitrary point, never going back. Two values of the same clock may be subtracted, nothing else.
  virtual absl::Duration Monotonic() const = 0;

  // Waits on `wake` (held `lock`) until `ready()` or until `timeout` of this clock has passed. Returns ready(). A
  // manual clock wakes by itself when it is advanced. `ready` is called with the lock held.
  virtual bool WaitFor(std::unique_lock<std::mutex>& lock, std::condition_variable& wake, absl::Duration timeout,
                       const std::function<bool()>& ready) const = 0;
};

// The machine's clocks.
class SystemClock final : public Clock {
 public:
  absl::Time Now() const override;
  absl::Duration Monotonic() const override;
  bool WaitFor(std::unique_lock<std::mutex>& lock, std::condition_variable& wake, absl::Duration timeout,
               const std::function<bool()>& ready) const override;

  // One for the whole process; never destroyed.
  static const SystemClock& Instance();
};

// Stands still until it is moved; both times move together, but for a step.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(absl::Time start = absl::FromUnixSeconds(1'771'310'000)) : wall_(start) {}

  absl::Time Now() const override;
  absl::Duration Monotonic() const override;
  bool WaitFor(std::unique_lock<std::mutex>& lock, std::condition_variable& wake, absl::Duration timeout,
               const std::function<bool()>& ready) const override;

  void Advance(absl::Duration by);

  // Somebody sets the wall clock.
  void Step(absl::Duration by);

 private:
  mutable std::mutex mutex_;
  absl::Time wall_;                // guarded by mutex_
  absl::Duration monotonic_ = {};  // guarded by mutex_
};

}  // namespace nara
