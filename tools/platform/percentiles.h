#pragma once

#include <vector>

#include "absl/time/time.h"

namespace nara::tools {

struct Percentiles {
  double p50_ms = 0;
  double p99_ms = 0;
};

// Nearest-rank percentiles; zeros for none.
Percentiles PercentilesOf(std::vector<absl::Duration> durations);

}  // namespace nara::tools
