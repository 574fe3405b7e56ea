#include "tools/fleet/ledger.h"

#include <gtest/gtest.h>

namespace nara::fleet {
namespace {

const absl::Time kStart = absl::FromUnixSeconds(1'770'000'000);

absl::Time After(int milliseconds) {
  return kStart + absl::Milliseconds(milliseconds);
}

TEST(Percentiles, AreOfTheNearestRank) {
  std::vector<absl::Duration> durations;
  for (int i = 100; i >= 1; --i) durations.push_back(absl::Milliseconds(i));
  EXPECT_EQ(PercentilesOf(durations).p50_ms, 50);
  EXPECT_EQ(PercentilesOf(durations).p99_ms, 99);
  EXPECT_EQ(PercentilesOf({absl::Milliseconds(7)}).p99_ms, 7);
  EXPECT_EQ(PercentilesOf({}).p99_ms, 0);
}

TEST(Ledger, MeasuresFromPublishingWhateverComesFirst) {
  Ledger ledger;
  ledger.Arrived("a", After(9));
  ledger.Receipted("a", After(4));
  ledger.Published("a", After(0));
  EXPECT_EQ(ledger.unfinished(), 0);
  EXPECT_EQ(ledger.ToReceipt().p50_ms, 4);
  EXPECT_EQ(ledger.ToArrival().p50_ms, 9);
}

TEST(Ledger, CountsTheFirstArrivalOnly) {
  Ledger ledger;
  ledger.Published("a", After(0));
  ledger.Receipted("a", After(1));
  ledger.Arrived("a", After(5));
  ledger.Arrived("a", After(500));
  EXPECT_EQ(ledger.ToArrival().p99_ms, 5);
}

TEST(Ledger, SaysWhatIsUnfinished) {
  Ledger ledger;
  ledger.Published("a", After(0));
  EXPECT_EQ(ledger.FirstUnfinished(), "a got no receipt");
  ledger.Receipted("a", After(1));
  EXPECT_EQ(ledger.FirstUnfinished(), "a did not arrive");
  EXPECT_EQ(ledger.unfinished(), 1);
}

TEST(Ledger, IgnoresWhatNobodyPublished) {
  Ledger ledger;
  ledger.Arrived("warm-up", After(1));
  EXPECT_EQ(ledger.published(), 0);
  EXPECT_EQ(ledger.unfinished(), 0);
  EXPECT_EQ(ledger.FirstUnfinished(), "");
}

}  // namespace
}  // namespace nara::fleet
