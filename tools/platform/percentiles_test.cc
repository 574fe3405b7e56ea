#include "tools/platform/percentiles.h"

#include <gtest/gtest.h>

namespace nara::tools {
namespace {

TEST(Percentiles, AreOfTheNearestRank) {
  std::vector<absl::Duration> durations;
  for (int i = 100; i >= 1; --i) durations.push_back(absl::Milliseconds(i));
  EXPECT_EQ(PercentilesOf(durations).p50_ms, 50);
  EXPECT_EQ(PercentilesOf(durations).p99_ms, 99);
  EXPECT_EQ(PercentilesOf({absl::Milliseconds(7)}).p99_ms, 7);
  EXPECT_EQ(PercentilesOf({}).p99_ms, 0);
}

}  // namespace
}  // namespace nara::tools
