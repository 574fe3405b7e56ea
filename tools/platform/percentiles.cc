#include "tools/platform/percentiles.h"

#include <algorithm>
#include <cmath>

namespace nara::tools {
namespace {

double RankMs(const std::vector<absl::Duration>& sorted, double share) {
  const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(sorted.size())));
  const double ms = absl::ToDoubleMilliseconds(sorted[std::max<std::size_t>(rank, 1) - 1]);
  return std::round(ms * 100) / 100;
}

}  // namespace

Percentiles PercentilesOf(std::vector<absl::Duration> durations) {
  if (durations.empty()) return {};
  std::sort(durations.begin(), durations.end());
  return {.p50_ms = RankMs(durations, 0.50), .p99_ms = RankMs(durations, 0.99)};
}

}  // namespace nara::tools
