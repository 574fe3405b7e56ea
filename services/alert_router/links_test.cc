// Links, the caretaker and the pulse, in a whole router with a store in memory.
#include "alert_router/links.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "alert_router/testing/world.h"

namespace nara::alert {
namespace {

using std::chrono::seconds;
using ::testing::Contains;
using ::testing::ElementsAre;
using testing::FakeScreen;
using ::testing::IsEmpty;
using testing::World;

class LinksTest : public ::testing::Test {
 protected:
  void Miss(const std::string& dose) { ASSERT_TRUE(world_.Say(World::Event("dose_missed", dose)).ok()); }
  const Alert& Dose(const std::string& dose) { return *world_.store.Find("dose_missed", dose); }
  // A pulse comes so much later.
  void Beat(seconds later) {
    world_.Pass(later);
    world_.attendance.Beat();
    world_.Round();
  }
  World world_;
};

TEST_F(LinksTest, EveryOperatorOfAReceiverSeesTheOffer) {
  const auto anna = world_.Attend("centre-1480", "anna");
  const auto dan = world_.Attend("centre-1480", "dan");
  Miss("d1");
  EXPECT_THAT(anna->Take(), ElementsAre("offer dose_missed 2"));
  EXPECT_THAT(dan->Take(), ElementsAre("offer dose_missed 2"));
}

TEST_F(LinksTest, WhoAttendsLaterGetsWhatIsOpen) {
  const auto anna = world_.Attend("centre-1480", "anna");
  Miss("d1");
  const auto dan = world_.Attend("centre-1480", "dan");
  EXPECT_THAT(dan->Take(), ElementsAre("offer dose_missed 2"));
  EXPECT_THAT(anna->Take(), ElementsAre("offer dose_missed 2")) << "and nobody gets it twice";
}

TEST_F(LinksTest, TheEndOfTheLastLinkIsTheNextStep) {
  world_.Attend("centre-1480", "anna");
  const auto staff = world_.Attend("staff-1480");
  Miss("d1");
  world_.Leave("centre-1480");
  EXPECT_THAT(staff->Take(), ElementsAre("offer dose_missed 4"));
}

TEST_F(LinksTest, TheEndOfOneOfTwoLinksChangesNothing) {
  world_.Attend("centre-1480", "anna");
  const auto dan = world_.Attend("centre-1480", "dan");
  Miss("d1");
  world_.attendance.Detach(world_.links.All().front().id);
  world_.Round();
  EXPECT_EQ(Dose("d1").receiver, "centre-1480");
  EXPECT_EQ(Dose("d1").state, State::kOffered);
}

TEST_F(LinksTest, WhatNobodyCouldReceiveIsOfferedWhenTheLastReceiverComes) {
  Miss("d1");
  EXPECT_TRUE(Dose("d1").waiting);
  EXPECT_NE(world_.store.Find("chain_exhausted", Dose("d1").id), nullptr);
  const auto staff = world_.Attend("staff-1480");
  EXPECT_THAT(staff->Take(), ElementsAre("offer dose_missed 5"));
}

TEST_F(LinksTest, WhoCameAndWentBetweenTwoRoundsIsOfferedNothing) {
  Miss("d1");
  const auto before = world_.store.Actions(Dose("d1").id);
  const auto link =
      world_.attendance.Attach(world_.As("staff-1480"), {"staff-1480", "anna"}, std::make_shared<FakeScreen>());
  ASSERT_TRUE(link.ok());
  world_.attendance.Detach(*link);
  world_.Round();
  EXPECT_EQ(world_.store.Actions(Dose("d1").id), before);
}

TEST_F(LinksTest, AScreenThatTakesNothingIsNoScreen) {
  const auto hung = world_.Attend("centre-1480");
  const auto staff = world_.Attend("staff-1480");
  hung->Hang();
  Miss("d1");
  world_.attendance.Beat();
  Beat(seconds(9));
  EXPECT_THAT(staff->Take(), IsEmpty());
  Beat(seconds(1));
  EXPECT_THAT(hung->Take(), ElementsAre("close RESOURCE_EXHAUSTED"));
  EXPECT_THAT(staff->Take(), ElementsAre("offer dose_missed 4"));
}

TEST_F(LinksTest, AScreenThatReadsSlowlyIsNotCutOff) {
  const auto slow = world_.Attend("centre-1480");
  slow->Hang();
  Miss("d1");
  for (int i = 0; i < 5; ++i) {
    Beat(seconds(9));
    slow->Read(1);
  }
  EXPECT_THAT(slow->Take(), ElementsAre("offer dose_missed 2"));
  EXPECT_TRUE(world_.links.IsReachable("centre-1480"));
}

TEST_F(LinksTest, MoreOpenOffersThanAStreamHoldsComeAsItIsRead) {
  world_.Attend("centre-1480", "anna");
  for (int i = 0; i < 300; ++i) {
    Miss("d" + std::to_string(i));
    world_.store.Advance(std::chrono::milliseconds(1));
  }
  const auto dan = world_.Attend("centre-1480", "dan");
  for (int i = 0; i < 3; ++i) world_.Round();
  EXPECT_EQ(dan->Take().size(), 300U);
  EXPECT_FALSE(*world_.refiller.Round());
}

TEST_F(LinksTest, TheStepsFollowTheTimesOfTheChain) {
  const auto centre = world_.Attend("centre-1480");
  const auto staff = world_.Attend("staff-1480");
  const auto county = world_.Attend("county-fallback");
  Miss("d1");
  world_.Pass(seconds(59));
  EXPECT_THAT(staff->Take(), IsEmpty());
  world_.Pass(seconds(1));
  EXPECT_THAT(centre->Take(), ElementsAre("offer dose_missed 2", "withdraw dose_missed accept_timeout"));
  EXPECT_THAT(staff->Take(), ElementsAre("offer dose_missed 4"));
  world_.Pass(seconds(120));
  EXPECT_THAT(staff->Take(), ElementsAre("withdraw dose_missed accept_timeout", "offer dose_missed 7"));
  EXPECT_THAT(county->Take(), ElementsAre("offer chain_exhausted 2"));
}

TEST_F(LinksTest, AClockThatIsSetBackStopsNoTimer) {
  world_.Attend("centre-1480");
  const auto staff = world_.Attend("staff-1480");
  Miss("d1");
  world_.Pass(-seconds(3600));
  world_.Pass(seconds(59));
  EXPECT_THAT(staff->Take(), IsEmpty());
  world_.Pass(seconds(1));
  EXPECT_THAT(staff->Take(), ElementsAre("offer dose_missed 4"));
}

TEST_F(LinksTest, ALinkThatCameDuringAnOutageIsServedAfterIt) {
  world_.Attend("centre-1480");
  Miss("d1");
  world_.store.Break(absl::UnavailableError("down"));
  const auto dan = world_.Attend("centre-1480", "dan");
  world_.store.Break(absl::OkStatus());
  world_.Round();
  EXPECT_THAT(dan->Take(), Contains("offer dose_missed 2"));
}

TEST_F(LinksTest, ThePulseNamesWhoAttendsAndHowBlindWeAre) {
  const auto anna = world_.Attend("centre-1480", "anna");
  world_.Attend("centre-1480", "dan");
  const int64_t now = absl::ToUnixMillis(world_.clock.Now());
  world_.lag.Read(now, 0);
  world_.attendance.Beat();
  EXPECT_EQ(anna->last_beat(), "0 anna dan");
  world_.lag.Read(now, now - 7000);
  world_.attendance.Beat();
  EXPECT_EQ(anna->last_beat(), "7000 anna dan") << "an event waits";
  world_.lag.Read(now - 5000, 0);
  world_.attendance.Beat();
  EXPECT_EQ(anna->last_beat(), "5000 anna dan") << "the logs cannot be read";
}

TEST_F(LinksTest, AClientThatIsRevokedIsCutOffAtTheNextPulse) {
  const auto centre = world_.Attend("centre-1480");
  registry::v1::Client client = *world_.access.Find("centre-1480");
  client.set_revoked(true);
  client.set_revision(2);
  world_.access.Apply(false, {client}, 2);
  world_.attendance.Beat();
  EXPECT_THAT(centre->Take(), ElementsAre("close PERMISSION_DENIED"));
  EXPECT_FALSE(world_.links.IsReachable("centre-1480"));
}

TEST_F(LinksTest, NobodyAttendsAsSomebodyElse) {
  auto screen = std::make_shared<FakeScreen>();
  const auto link = world_.attendance.Attach(world_.As("centre-1481"), {"centre-1480", "eve"}, screen);
  EXPECT_FALSE(link.ok());
  EXPECT_FALSE(world_.links.IsReachable("centre-1480"));
  EXPECT_FALSE(world_.attendance.Attach(world_.As("operator-1"), {"operator-1", "eve"}, screen).ok());
}

TEST_F(LinksTest, ABadNameDoesNotAttend) {
  auto screen = std::make_shared<FakeScreen>();
  const std::string names[] = {"", std::string("a\0b", 3), "a b", std::string(129, 'x'), "\xc3\xa5sa"};
  for (const std::string& name : names) {
    EXPECT_FALSE(world_.attendance.Attach(world_.As("centre-1480"), {"centre-1480", name}, screen).ok()) << name;
  }
}

}  // namespace
}  // namespace nara::alert
