#include "ingest/gate.h"

#include <gtest/gtest.h>

namespace nara::ingest {
namespace {

TEST(Gate, ClosesAtEightyPercentAndOpensBelowFifty) {
  Gate gate;
  EXPECT_TRUE(gate.Update(0.79, true));
  EXPECT_FALSE(gate.Update(0.8, true));
  EXPECT_FALSE(gate.Update(0.5, true));
  EXPECT_TRUE(gate.Update(0.49, true));
}

TEST(Gate, AFullDiskClosesItUntilThereIsRoom) {
  Gate gate;
  EXPECT_FALSE(gate.Update(0.1, false));
  EXPECT_FALSE(gate.Update(0.1, false));
  EXPECT_TRUE(gate.Update(0.1, true));
}

}  // namespace
}  // namespace nara::ingest
