#include "tools/fleet/ledger.h"

#include <gtest/gtest.h>

namespace nara::fleet {
namespace {

const absl::Time kStart = absl::FromUnixSeconds(1'770'000'000);

absl::Time After(int milliseconds) {
  return kStart + absl::Milliseconds(milliseconds);
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
