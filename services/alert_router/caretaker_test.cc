// Very many alerts that move at once, in a whole router with a store in memory.
#include "alert_router/caretaker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "alert_router/testing/world.h"

namespace nara::alert {
namespace {

using std::chrono::seconds;
using testing::World;

// More than two pieces.
constexpr int kMany = 450;
constexpr std::size_t kPiece = 200;

class CaretakerTest : public ::testing::Test {
 protected:
  void MissMany() {
    for (int i = 0; i < kMany; ++i) {
      ASSERT_TRUE(world_.Say(World::Event("dose_missed", std::to_string(1000 + i))).ok());
      world_.store.Advance(std::chrono::milliseconds(1));
    }
    world_.store.ForgetLargest();
  }
  void Rounds(int count) {
    for (int i = 0; i < count; ++i) {
      world_.store.Advance(std::chrono::milliseconds(1));
      world_.Round();
    }
  }
  // In the order in which they were offered to the receiver.
  std::vector<std::string> OfferedTo(const std::string& receiver) {
    std::vector<std::string> episodes;
    const auto offered = world_.store.Offered(receiver, {}, 10 * kMany);
    for (const Alert& alert : *offered) episodes.push_back(alert.key.episode);
    return episodes;
  }

  World world_;
};

TEST_F(CaretakerTest, ABreakWithManyAlertsMovesThemInPiecesAndInTheirOrder) {
  world_.Attend("centre-1480");
  const auto staff = world_.Attend("staff-1480");
  MissMany();
  world_.attendance.Detach(world_.links.All().front().id);
  world_.Round();
  EXPECT_EQ(OfferedTo("staff-1480").size(), kPiece);
  Rounds(8);
  const auto moved = OfferedTo("staff-1480");
  EXPECT_EQ(moved.size(), std::size_t{kMany});
  EXPECT_TRUE(std::is_sorted(moved.begin(), moved.end()));
  EXPECT_EQ(world_.store.largest(), kPiece);
  EXPECT_EQ(staff->Take().size(), std::size_t{kMany}) << "each once";
}

TEST_F(CaretakerTest, WhatWaitedForAReceiverIsOfferedInPiecesAndInItsOrder) {
  MissMany();
  const auto staff = world_.Attend("staff-1480");
  EXPECT_EQ(OfferedTo("staff-1480").size(), kPiece);
  Rounds(8);
  const auto moved = OfferedTo("staff-1480");
  EXPECT_EQ(moved.size(), std::size_t{kMany});
  EXPECT_TRUE(std::is_sorted(moved.begin(), moved.end()));
  EXPECT_EQ(world_.store.largest(), kPiece);
  EXPECT_EQ(staff->Take().size(), std::size_t{kMany});
}

TEST_F(CaretakerTest, AReceiverThatIsBackStopsTheBreakThatIsNotDoneYet) {
  world_.Attend("centre-1480");
  world_.Attend("staff-1480");
  MissMany();
  world_.attendance.Detach(world_.links.All().front().id);
  world_.Round();
  world_.Attend("centre-1480");
  Rounds(8);
  EXPECT_EQ(OfferedTo("centre-1480").size(), kMany - kPiece);
}

TEST_F(CaretakerTest, ManyTimersThatEndAtOnceDoNotKeepAnotherReceiverWaiting) {
  world_.Attend("centre-1480");
  world_.Attend("staff-1480");
  MissMany();
  world_.store.Advance(seconds(70));
  world_.caretaker.LinkCame("county-fallback");
  EXPECT_EQ(world_.caretaker.Round(), std::chrono::milliseconds(1)) << "it goes on at once";
  EXPECT_EQ(OfferedTo("staff-1480").size(), kPiece);
  Rounds(8);
  EXPECT_EQ(OfferedTo("staff-1480").size(), std::size_t{kMany});
}

}  // namespace
}  // namespace nara::alert
