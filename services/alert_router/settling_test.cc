// The first moments after a start: receivers are on their way, and events that
// waited in the log are there already.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "alert_router/testing/world.h"

namespace nara::alert {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::World;

class SettlingTest : public ::testing::Test {
 protected:
  void Miss(const std::string& dose) { ASSERT_TRUE(world_.Say(World::Event("dose_missed", dose)).ok()); }
  const Alert& Dose(const std::string& dose) { return *world_.store.Find("dose_missed", dose); }
  std::vector<std::string> Actions(const std::string& dose) { return world_.store.Actions(Dose(dose).id); }
  bool ChainExhausted(const std::string& dose) {
    return world_.store.Find("chain_exhausted", Dose(dose).id) != nullptr;
  }
  World world_{nullptr, seconds(3)};
};

TEST_F(SettlingTest, WhoComesWithinTheTimeGetsWhatWaitedInTheLog) {
  Miss("d1");
  world_.Pass(seconds(2));
  const auto centre = world_.Attend("centre-1480");
  EXPECT_THAT(centre->Take(), ElementsAre("offer dose_missed 2"));
  world_.Pass(seconds(5));
  EXPECT_THAT(Actions("d1"), ElementsAre("raised", "offered"));
}

TEST_F(SettlingTest, WhoHasNotComeWhenItEndsIsGone) {
  const auto staff = world_.Attend("staff-1480");
  Miss("d1");
  world_.Pass(seconds(2));
  EXPECT_THAT(staff->Take(), IsEmpty());
  world_.Pass(seconds(1));
  EXPECT_THAT(staff->Take(), ElementsAre("offer dose_missed 4"));
  EXPECT_THAT(Actions("d1"), ElementsAre("raised", "offered", "link_broken", "offered"));
}

TEST_F(SettlingTest, ThatNobodyComesAtAllIsToldWhenItEnds) {
  Miss("d1");
  EXPECT_FALSE(ChainExhausted("d1"));
  world_.Pass(seconds(3));
  EXPECT_TRUE(Dose("d1").waiting);
  EXPECT_TRUE(ChainExhausted("d1"));
}

TEST_F(SettlingTest, WhoCameAndWentIsGoneAtOnce) {
  const auto staff = world_.Attend("staff-1480");
  world_.Attend("centre-1480");
  world_.Leave("centre-1480");
  Miss("d1");
  EXPECT_THAT(staff->Take(), ElementsAre("offer dose_missed 3"));
}

TEST_F(SettlingTest, AReceiverThatLeavesItsOffersLosesThemAtOnce) {
  const auto staff = world_.Attend("staff-1480");
  Miss("d1");
  world_.Attend("centre-1480");
  world_.Leave("centre-1480");
  EXPECT_THAT(staff->Take(), ElementsAre("offer dose_missed 4"));
}

TEST_F(SettlingTest, AfterItAnUnattendedReceiverIsPassedOver) {
  const auto staff = world_.Attend("staff-1480");
  world_.Pass(seconds(3));
  Miss("d1");
  EXPECT_THAT(Actions("d1"), ElementsAre("raised", "unreachable", "offered"));
}

TEST_F(SettlingTest, AnEndDuringAnOutageIsMadeUpFor) {
  const auto staff = world_.Attend("staff-1480");
  Miss("d1");
  world_.store.Break(absl::UnavailableError("down"));
  world_.Pass(seconds(3));
  world_.store.Break(absl::OkStatus());
  world_.Round();
  EXPECT_THAT(staff->Take(), ElementsAre("offer dose_missed 4"));
}

TEST_F(SettlingTest, AnOfferWhoseCommitWasLostHasItsEndToo) {
  world_.store.LoseTheNextReply();
  EXPECT_FALSE(world_.Say(World::Event("dose_missed", "d1")).ok());
  const auto staff = world_.Attend("staff-1480");
  world_.Pass(seconds(3));
  EXPECT_THAT(staff->Take(), ElementsAre("offer dose_missed 4"));
}

TEST(Settling, ATimeThatHasNotBegunHasNotEnded) {
  Links::SteadyTime now{};
  Links links([](const std::string&) {}, {.settle = seconds(3), .now = [&now] { return now; }});
  now += seconds(9);
  EXPECT_TRUE(links.IsReachable("centre-1480"));
  links.Open();
  EXPECT_THAT(links.TakeAbsent(), IsEmpty());
  now += seconds(3);
  EXPECT_FALSE(links.IsReachable("centre-1480"));
  EXPECT_THAT(links.TakeAbsent(), ElementsAre("centre-1480"));
  EXPECT_THAT(links.TakeAbsent(), IsEmpty());
}

TEST(Settling, WithoutItAStartIsAMomentLikeAnyOther) {
  Links links([](const std::string&) {}, {.settle = seconds(0)});
  EXPECT_FALSE(links.IsReachable("centre-1480"));
}

}  // namespace
}  // namespace nara::alert
