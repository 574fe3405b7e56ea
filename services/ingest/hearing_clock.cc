#include "ingest/hearing_clock.h"

#include <algorithm>

namespace nara::ingest {

void HearingClock::Step(std::int64_t monotonic, std::optional<std::int64_t> said) {
  const std::int64_t step = last_ ? monotonic - *last_ : 0;
  last_ = monotonic;
  if (!said || *said > rules_.fresh || step > rules_.longest_step) {
    well_since_.reset();
    hears_ = false;
    return;
  }
  if (!well_since_) well_since_ = monotonic;
  const std::int64_t settled = monotonic - *well_since_ - rules_.settle;
  hears_ = settled >= 0;
  if (hears_) hearing_ += std::min(step, settled);
}

}  // namespace nara::ingest
