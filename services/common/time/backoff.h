#pragma once

#include <algorithm>

namespace nara {

// How long to wait after each of several failures in a row: `first`, then twice as long each time, at most `last`.
// Chance that keeps many from coming back at once is the caller's. `Duration` is absl's or one of chrono's. Not for
// several threads.
template <typename Duration>
class Backoff {
 public:
  Backoff(Duration first, Duration last) : first_(first), last_(last), next_(first) {}

  // It failed once more: the pause from here.
  Duration Failed() {
    const Duration pause = next_;
    next_ = std::min<Duration>(next_ * 2, last_);
    return pause;
  }

  // It went well.
  void Reset() { next_ = first_; }

 private:
  const Duration first_;
  const Duration last_;
  Duration next_;
};

}  // namespace nara
