#pragma once

#include "absl/time/time.h"

namespace nara::fleet {

// The simulated county's own time: it starts on day 0 at half past six and runs
// `speed` times as fast as the clock on the wall.
class SimulatedDay {
 public:
  static constexpr double kDay = 86'400;

  SimulatedDay(absl::Time start, double speed) : start_(start), speed_(speed) {}

  // Seconds since midnight of day 0.
  double At(absl::Time wall) const { return kMorning + absl::ToDoubleSeconds(wall - start_) * speed_; }
  absl::Time WallAt(double seconds) const { return start_ + absl::Seconds((seconds - kMorning) / speed_); }

 private:
  static constexpr double kMorning = 6.5 * 3600;

  const absl::Time start_;
  const double speed_;
};

}  // namespace nara::fleet
