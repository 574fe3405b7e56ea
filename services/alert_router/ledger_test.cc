// Commits whose reply is lost, on a store that fails between.
#include "alert_router/ledger.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "alert_router/testing/world.h"

namespace nara::alert {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using testing::FakeWatch;
using ::testing::IsEmpty;
using testing::World;

class LedgerTest : public ::testing::Test {
 protected:
  absl::Status Miss(const std::string& dose) { return world_.Say(World::Event("dose_missed", dose)); }
  absl::StatusOr<Alert> Accept(const std::string& operator_id) {
    const std::string id = World::IdOf(World::Event("dose_missed", "d1"));
    return world_.desk.Accept(world_.As("centre-1480"), {id, {"centre-1480", operator_id}, ""});
  }
  World world_;
  const std::shared_ptr<testing::FakeScreen> anna_ = world_.Attend("centre-1480", "anna");
};

TEST_F(LedgerTest, AnOfferWhoseReplyWasLostIsMadeInTheNextRound) {
  world_.store.LoseTheNextReply();
  EXPECT_FALSE(Miss("d1").ok());
  EXPECT_THAT(anna_->Take(), IsEmpty());
  world_.Round();
  EXPECT_THAT(anna_->Take(), ElementsAre("offer dose_missed 2"));
  world_.Round();
  EXPECT_THAT(anna_->Take(), IsEmpty()) << "and once";
}

TEST_F(LedgerTest, ALostReplyOutlivesAnOutage) {
  world_.store.LoseTheNextReply();
  EXPECT_FALSE(Miss("d1").ok());
  world_.store.Break(absl::UnavailableError("down"));
  world_.Round();
  world_.store.Break(absl::OkStatus());
  world_.Round();
  EXPECT_THAT(anna_->Take(), ElementsAre("offer dose_missed 2"));
}

TEST_F(LedgerTest, AnAcceptWhoseReplyWasLostIsAcceptedAndTheOthersHearOfIt) {
  const auto dan = world_.Attend("centre-1480", "dan");
  const auto watch = std::make_shared<FakeWatch>();
  const auto watcher = world_.desk.Watcher(world_.As("operator-1"));
  ASSERT_TRUE(world_.watchers.Begin("operator-1", "", watch, [&] { return world_.desk.Open(*watcher, ""); }).ok());
  ASSERT_TRUE(Miss("d1").ok());
  world_.Round();
  dan->Take();
  watch->Take();
  world_.store.LoseTheNextReply();
  EXPECT_FALSE(Accept("anna").ok());
  EXPECT_TRUE(Accept("anna").ok()) << "the same again is no error";
  world_.Round();
  EXPECT_THAT(dan->Take(), ElementsAre("withdraw dose_missed accepted"));
  EXPECT_THAT(watch->Take(), ElementsAre("dose_missed accepted"));
}

TEST_F(LedgerTest, ATechnicalAlertWhoseReplyWasLostRings) {
  const auto fallback = world_.Attend("county-fallback");
  world_.store.LoseTheNextReply();
  EXPECT_FALSE(world_.Say(World::Event("flood", "f1")).ok());
  world_.Round();
  EXPECT_THAT(fallback->Take(), ElementsAre("offer unknown_alarm_kind 2"));
}

TEST_F(LedgerTest, WhatWasNotCommittedIsNotCarriedOut) {
  world_.store.LoseTheNextCommit();
  EXPECT_FALSE(Miss("d1").ok());
  world_.Round();
  EXPECT_THAT(anna_->Take(), IsEmpty());
  ASSERT_TRUE(Miss("d1").ok()) << "the follower reads it again";
  world_.Round();
  EXPECT_THAT(anna_->Take(), ElementsAre("offer dose_missed 2"));
}

TEST_F(LedgerTest, WhatSomebodyElseCommittedInItsPlaceIsNotOurs) {
  ASSERT_TRUE(Miss("d1").ok());
  world_.store.LoseTheNextCommit();
  EXPECT_FALSE(Accept("anna").ok());
  world_.store.Advance(seconds(1));
  ASSERT_TRUE(Accept("dan").ok());
  anna_->Take();
  world_.Round();
  EXPECT_THAT(anna_->Take(), IsEmpty());
}

TEST_F(LedgerTest, ADoubtIsLookedAtForTenSeconds) {
  const auto is_looked_at = [&](seconds since) {
    world_.store.Break(absl::UnavailableError("down"));
    const bool looked = !world_.ledger.SettleDoubts(Ledger::SteadyTime(since)).ok();
    world_.store.Break(absl::OkStatus());
    return looked;
  };
  world_.store.LoseTheNextCommit();
  EXPECT_FALSE(Miss("d1").ok());
  EXPECT_TRUE(is_looked_at(seconds(0)));
  EXPECT_TRUE(world_.ledger.SettleDoubts(Ledger::SteadyTime(seconds(60))).ok()) << "the first look that was answered";
  EXPECT_TRUE(world_.ledger.SettleDoubts(Ledger::SteadyTime(seconds(69))).ok());
  EXPECT_TRUE(is_looked_at(seconds(70)));
  EXPECT_TRUE(world_.ledger.SettleDoubts(Ledger::SteadyTime(seconds(70))).ok());
  EXPECT_FALSE(is_looked_at(seconds(71)));
}

}  // namespace
}  // namespace nara::alert
