#include "data_broker/subscription.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data_broker/hub.h"
#include "data_broker/testing/fakes.h"

namespace nara::broker {
namespace {

using ::testing::ElementsAre;
using testing::FakeAudience;
using ::testing::IsEmpty;

class SubscriptionTest : public ::testing::Test {
 protected:
  SubscriptionTest() {
    audience_.Answers("a-1", "unit-a");
    audience_.Answers("b-1", "unit-b");
    audience_.Allow("care-a", {"unit-a"});
    audience_.Allow("care-ab", {"unit-a", "unit-b"});
    hub_.OnPending([](const SubscriptionPtr&) {});
    hub_.Begin(Positions{});
  }

  CareRecordPtr Record(const std::string& device, std::uint64_t ms, const std::string& kind = "glucose",
                       std::size_t log = 0) {
    auto record = std::make_shared<CareRecord>();
    record->log = LogAt(log);
    record->position = {ms, 0};
    record->route_revision = 1;
    record->observation.set_id(device + "@" + std::to_string(ms));
    record->observation.set_device(device);
    record->resident = "res-" + device;
    record->observation.set_kind(kind);
    if (const auto holder = audience_.HolderOf(*record)) record->party = holder->party;
    return record;
  }

  SubscriptionPtr Subscribe(Wish wish, std::size_t capacity = 8) {
    auto subscription = std::make_shared<Subscription>(
        std::move(wish), Place{}, Subscription::Options{.capacity = capacity, .max_batch = 4}, audience_, metrics_);
    hub_.Add(subscription);
    hub_.Join(subscription);
    return subscription;
  }

  void Publish(const std::vector<CareRecordPtr>& records) {
    Positions head = *hub_.head();
    for (const CareRecordPtr& record : records) head[record->log] = record->position;
    hub_.Publish(records, head);
  }

  static std::vector<std::string> TakeIds(Subscription& subscription) {
    std::vector<std::string> ids;
    while (auto batch = subscription.Take()) {
      for (const auto& observation : batch->response.observations()) ids.push_back(observation.id());
    }
    return ids;
  }

  metrics::Registry registry_;
  Metrics metrics_{registry_};
  FakeAudience audience_;
  Hub hub_{4};
};

TEST_F(SubscriptionTest, GetsWhatItsUnitsAnswerForAndNothingElse) {
  const auto subscription = Subscribe({.caller = "care-a"});
  Publish({Record("a-1", 1), Record("b-1", 2), Record("a-1", 3)});
  EXPECT_THAT(TakeIds(*subscription), ElementsAre("a-1@1", "a-1@3"));
}

TEST_F(SubscriptionTest, IsNarrowedByUnitsAndKinds) {
  const auto by_unit = Subscribe({.caller = "care-ab", .units = {"unit-b"}});
  const auto by_kind = Subscribe({.caller = "care-ab", .kinds = {"weight"}});
  Publish({Record("a-1", 1), Record("b-1", 2), Record("a-1", 3, "weight")});
  EXPECT_THAT(TakeIds(*by_unit), ElementsAre("b-1@2"));
  EXPECT_THAT(TakeIds(*by_kind), ElementsAre("a-1@3"));
}

TEST_F(SubscriptionTest, SaysWhoAnswersInEachObservation) {
  const auto subscription = Subscribe({.caller = "care-a"});
  Publish({Record("a-1", 1)});
  const auto batch = subscription->Take();
  ASSERT_TRUE(batch);
  EXPECT_EQ(batch->response.observations(0).unit(), "unit-a");
  EXPECT_EQ(batch->response.observations(0).principal(), "1480");
}

TEST_F(SubscriptionTest, CursorPassesOthersRecordsOnceTheQueueIsEmpty) {
  const auto subscription = Subscribe({.caller = "care-a"});
  Publish({Record("a-1", 1), Record("b-1", 5, "glucose", 7)});
  const auto batch = subscription->Take();
  ASSERT_TRUE(batch);
  EXPECT_EQ(batch->after.logs[LogAt(0)].ms, 1U);
  EXPECT_EQ(batch->after.logs[LogAt(7)].ms, 5U);
}

TEST_F(SubscriptionTest, CursorOfAPartBatchResumesBehindThatPart) {
  const auto subscription = Subscribe({.caller = "care-a"});
  Publish({Record("a-1", 1), Record("a-1", 2), Record("a-1", 3), Record("a-1", 4), Record("a-1", 5)});
  EXPECT_EQ(subscription->Take()->after.logs[LogAt(0)].ms, 4U);
  EXPECT_EQ(subscription->Take()->after.logs[LogAt(0)].ms, 5U);
}

TEST_F(SubscriptionTest, WithholdsWhatIsQueuedWhenRightsAreWithdrawn) {
  const auto subscription = Subscribe({.caller = "care-a"});
  Publish({Record("a-1", 1)});
  audience_.Allow("care-a", {});
  EXPECT_THAT(TakeIds(*subscription), IsEmpty());
}

TEST_F(SubscriptionTest, WithholdsWhatIsQueuedWhenAnotherUnitTookOver) {
  const auto subscription = Subscribe({.caller = "care-a"});
  Publish({Record("a-1", 1)});
  audience_.Answers("a-1", "unit-b", 2);
  EXPECT_THAT(TakeIds(*subscription), IsEmpty());
}

TEST_F(SubscriptionTest, ABlockHoldsForAQueueThatIsFull) {
  const auto subscription = Subscribe({.caller = "care-a"}, 3);
  Publish({Record("a-1", 1), Record("a-1", 2), Record("a-1", 3), Record("a-1", 4)});
  audience_.Block("res-a-1");
  EXPECT_THAT(TakeIds(*subscription), IsEmpty());
  EXPECT_EQ(subscription->Idle().after.logs[LogAt(0)].ms, 3U) << "passed over, not held";
  EXPECT_NE(registry_.Text().find("nara_broker_blocked_total 3"), std::string::npos);
}

TEST_F(SubscriptionTest, ABlockThatIsLiftedCountsFromTheNextRecord) {
  const auto subscription = Subscribe({.caller = "care-a"});
  audience_.Block("res-a-1");
  Publish({Record("a-1", 1)});
  EXPECT_THAT(TakeIds(*subscription), IsEmpty());
  audience_.Block("res-a-1", false);
  Publish({Record("a-1", 2)});
  EXPECT_THAT(TakeIds(*subscription), ElementsAre("a-1@2"));
}

TEST_F(SubscriptionTest, AConsentLetsAnotherUnitsRecordsThrough) {
  const auto subscription = Subscribe({.caller = "care-a"});
  audience_.Answers("b-2", "unit-b");
  audience_.Consent("care-a", "res-b-1");
  Publish({Record("b-1", 1), Record("b-2", 2)});
  EXPECT_THAT(TakeIds(*subscription), ElementsAre("b-1@1"));
}

TEST_F(SubscriptionTest, WhatAConsentOpensWaitsForRightsAndHoldsUpNothingElse) {
  const auto subscription = Subscribe({.caller = "care-a"});
  audience_.Consent("care-a", "res-b-1");
  audience_.StaleAcross(true);
  Publish({Record("b-1", 1), Record("a-1", 2), Record("b-1", 3)});
  EXPECT_THAT(TakeIds(*subscription), ElementsAre("a-1@2"));
  EXPECT_EQ(subscription->Idle().after.logs[LogAt(0)].ms, 0U);
  audience_.StaleAcross(false);
  EXPECT_THAT(TakeIds(*subscription), ElementsAre("b-1@1", "b-1@3"));
}

TEST_F(SubscriptionTest, NewRightsCountFromTheNextRecord) {
  const auto subscription = Subscribe({.caller = "care-a"});
  Publish({Record("b-1", 1)});
  audience_.Allow("care-a", {"unit-a", "unit-b"});
  Publish({Record("b-1", 2)});
  EXPECT_THAT(TakeIds(*subscription), ElementsAre("b-1@2"));
}

TEST_F(SubscriptionTest, WaitsWhileRightsAreOutOfDate) {
  const auto subscription = Subscribe({.caller = "care-a"});
  audience_.Stale(true);
  Publish({Record("a-1", 1)});
  EXPECT_FALSE(subscription->Take());
  EXPECT_EQ(subscription->Idle().after.logs[LogAt(0)].ms, 0U);
  audience_.Stale(false);
  EXPECT_THAT(TakeIds(*subscription), ElementsAre("a-1@1"));
}

TEST_F(SubscriptionTest, TurnsToCatchUpWhenFullAndKnowsWhereItStopped) {
  const auto subscription = Subscribe({.caller = "care-a"}, 2);
  Publish({Record("a-1", 1), Record("a-1", 2), Record("b-1", 3), Record("a-1", 4)});
  EXPECT_FALSE(subscription->live());
  EXPECT_EQ(subscription->considered()[LogAt(0)].ms, 3U);
  Publish({Record("a-1", 5)});
  EXPECT_THAT(TakeIds(*subscription), ElementsAre("a-1@1", "a-1@2"));
}

TEST_F(SubscriptionTest, OthersGoOnWhenOneIsFull) {
  const auto slow = Subscribe({.caller = "care-a"}, 1);
  const auto fast = Subscribe({.caller = "care-a"}, 8);
  Publish({Record("a-1", 1), Record("a-1", 2), Record("a-1", 3)});
  EXPECT_FALSE(slow->live());
  EXPECT_THAT(TakeIds(*fast), ElementsAre("a-1@1", "a-1@2", "a-1@3"));
}

TEST_F(SubscriptionTest, JoinsAgainFromWhatTheHubKeeps) {
  const auto subscription = Subscribe({.caller = "care-a"}, 2);
  Publish({Record("a-1", 1), Record("a-1", 2), Record("a-1", 3), Record("a-1", 4)});
  EXPECT_FALSE(hub_.Join(subscription));
  EXPECT_THAT(TakeIds(*subscription), ElementsAre("a-1@1", "a-1@2"));
  EXPECT_TRUE(hub_.Join(subscription));
  EXPECT_THAT(TakeIds(*subscription), ElementsAre("a-1@3", "a-1@4"));
}

TEST_F(SubscriptionTest, DoesNotJoinWhenTheHubHasForgottenSomething) {
  const auto subscription = Subscribe({.caller = "care-a"}, 1);
  for (std::uint64_t ms = 1; ms <= 6; ++ms) Publish({Record("a-1", ms)});
  TakeIds(*subscription);
  EXPECT_EQ(subscription->considered()[LogAt(0)].ms, 1U);
  EXPECT_FALSE(hub_.Join(subscription));
}

TEST_F(SubscriptionTest, DoesNotRepeatWhatCatchUpReadAheadOfTheFeed) {
  const auto subscription =
      std::make_shared<Subscription>(Wish{.caller = "care-a"}, Place{}, Subscription::Options{}, audience_, metrics_);
  hub_.Add(subscription);
  Positions ahead{};
  ahead[LogAt(0)] = {2, 0};
  subscription->Fill(std::vector{Record("a-1", 1), Record("a-1", 2)}, ahead);
  ASSERT_TRUE(hub_.Join(subscription));
  Publish({Record("a-1", 1)});
  Publish({Record("a-1", 2), Record("a-1", 3)});
  EXPECT_THAT(TakeIds(*subscription), ElementsAre("a-1@1", "a-1@2", "a-1@3"));
  EXPECT_EQ(subscription->considered()[LogAt(0)].ms, 3U);
}

TEST_F(SubscriptionTest, WhatTheHubKeepsGoesToWhoeverAnswersNow) {
  Publish({Record("a-1", 1)});
  audience_.Answers("a-1", "unit-b", 2);
  audience_.Allow("care-b", {"unit-b"});
  EXPECT_THAT(TakeIds(*Subscribe({.caller = "care-b"})), ElementsAre("a-1@1"));
  EXPECT_THAT(TakeIds(*Subscribe({.caller = "care-a"})), IsEmpty());
}

TEST_F(SubscriptionTest, ARecordBeforeItsRouteHoldsUpNothingButTheCursor) {
  const auto subscription = Subscribe({.caller = "care-a"});
  Publish({Record("a-1", 1), Record("new-1", 2), Record("a-1", 3), Record("a-1", 4, "glucose", 7)});
  const auto batch = subscription->Take();
  ASSERT_TRUE(batch);
  EXPECT_EQ(batch->response.observations_size(), 3);
  EXPECT_EQ(batch->after.logs[LogAt(0)].ms, 1U);
  EXPECT_EQ(batch->after.logs[LogAt(7)].ms, 4U) << "another log";
  EXPECT_FALSE(subscription->pending());
  EXPECT_EQ(subscription->Idle().after.logs[LogAt(0)].ms, 1U);
}

TEST_F(SubscriptionTest, WhatWaitedKeepsItsPlaceAmongItsDevices) {
  const auto subscription = Subscribe({.caller = "care-a"});
  Publish({Record("a-1", 1)});
  auto moved = std::make_shared<CareRecord>(*Record("a-1", 2));
  moved->route_revision = 2;
  moved->party.reset();
  Publish({moved, Record("new-1", 3)});
  audience_.Answers("new-1", "unit-a");
  audience_.Answers("a-1", "unit-a", 2);
  EXPECT_TRUE(subscription->pending());
  Publish({Record("a-1", 4), Record("new-1", 5)});
  EXPECT_THAT(TakeIds(*subscription), ElementsAre("a-1@1", "a-1@2", "new-1@3", "a-1@4", "new-1@5"));
  EXPECT_EQ(subscription->Idle().after.logs[LogAt(0)].ms, 5U);
}

TEST_F(SubscriptionTest, NothingGoesBeforeAnEarlierRecordOfItsDevice) {
  const auto subscription = Subscribe({.caller = "care-a"});
  auto early = std::make_shared<CareRecord>(*Record("a-1", 1));
  early->route_revision = 2;
  early->party.reset();
  Publish({early, Record("a-1", 2, "glucose", 16), Record("a-1", 3)});
  EXPECT_FALSE(subscription->Take());
  EXPECT_EQ(subscription->Idle().after.logs[LogAt(16)].ms, 0U);
  audience_.Answers("a-1", "unit-a", 2);
  EXPECT_THAT(TakeIds(*subscription), ElementsAre("a-1@1", "a-1@2", "a-1@3"));
}

TEST_F(SubscriptionTest, OneRouteDoesNotWaitForAnother) {
  const auto subscription = Subscribe({.caller = "care-a"});
  Publish({Record("new-1", 1), Record("new-2", 2), Record("new-1", 3)});
  audience_.Answers("new-2", "unit-a");
  EXPECT_THAT(TakeIds(*subscription), ElementsAre("new-2@2"));
  EXPECT_EQ(subscription->Idle().after.logs[LogAt(0)].ms, 0U);
}

TEST_F(SubscriptionTest, WhatWaitedGoesToWhoeverAnswersAndIsNotCountedForOthers) {
  const auto a = Subscribe({.caller = "care-a"});
  const auto ab = Subscribe({.caller = "care-ab", .units = {"unit-a"}});
  const auto weight = Subscribe({.caller = "care-ab", .kinds = {"weight"}});
  const auto b = Subscribe({.caller = "care-ab", .units = {"unit-b"}});
  Publish({Record("new-1", 1)});
  audience_.Answers("new-1", "unit-b");
  EXPECT_THAT(TakeIds(*a), IsEmpty());
  EXPECT_THAT(TakeIds(*ab), IsEmpty());
  EXPECT_THAT(TakeIds(*weight), IsEmpty());
  EXPECT_THAT(TakeIds(*b), ElementsAre("new-1@1"));
  EXPECT_EQ(a->Idle().after.logs[LogAt(0)].ms, 1U);
  EXPECT_NE(registry_.Text().find("nara_broker_withheld_total 0"), std::string::npos);
}

TEST_F(SubscriptionTest, WhatWaitsForItsRouteIsBounded) {
  const auto subscription = Subscribe({.caller = "care-a"}, 3);
  Publish({Record("new-1", 1), Record("new-1", 2), Record("new-1", 3), Record("new-1", 4)});
  EXPECT_FALSE(subscription->live());
  EXPECT_EQ(subscription->Room(), 0U);
  EXPECT_FALSE(subscription->ClaimCatchUp());
  audience_.Answers("new-1", "unit-a");
  EXPECT_THAT(TakeIds(*subscription), ElementsAre("new-1@1", "new-1@2", "new-1@3"));
  ASSERT_TRUE(hub_.Join(subscription));
  EXPECT_THAT(TakeIds(*subscription), ElementsAre("new-1@4"));
}

TEST_F(SubscriptionTest, CatchUpGoesOnBehindARecordThatWaits) {
  const auto subscription =
      std::make_shared<Subscription>(Wish{.caller = "care-a"}, Place{}, Subscription::Options{}, audience_, metrics_);
  hub_.Add(subscription);
  Positions read{};
  read[LogAt(0)] = {9, 0};
  subscription->Fill(std::vector{Record("new-1", 1), Record("a-1", 2)}, read);
  EXPECT_EQ(subscription->considered()[LogAt(0)].ms, 9U);
  EXPECT_THAT(TakeIds(*subscription), ElementsAre("a-1@2"));
  EXPECT_EQ(subscription->Idle().after.logs[LogAt(0)].ms, 0U);
  ASSERT_TRUE(hub_.Join(subscription));
  audience_.Answers("new-1", "unit-a");
  EXPECT_THAT(TakeIds(*subscription), ElementsAre("new-1@1"));
}

TEST_F(SubscriptionTest, WhatTheHubKeepsWaitsForItsRouteToo) {
  Publish({Record("new-1", 1)});
  const auto subscription = Subscribe({.caller = "care-a"});
  EXPECT_FALSE(subscription->Take());
  audience_.Answers("new-1", "unit-a");
  EXPECT_THAT(TakeIds(*subscription), ElementsAre("new-1@1"));
}

TEST_F(SubscriptionTest, ALabelOfANewerRouteThanOursCounts) {
  auto row = std::make_shared<CareRecord>(*Record("a-1", 1));
  row->route_revision = 5;
  row->party = Party{"1481", "unit-b"};
  const auto subscription = Subscribe({.caller = "care-ab", .units = {"unit-b"}});
  Publish({row});
  EXPECT_THAT(TakeIds(*subscription), ElementsAre("a-1@1"));
}

TEST_F(SubscriptionTest, WhoWasLiveCatchesUpWhenTheFeedBeginsAnew) {
  const auto subscription = Subscribe({.caller = "care-a"});
  Publish({Record("a-1", 1)});
  Positions ends{};
  ends[LogAt(0)] = {9, 0};
  hub_.Begin(ends);
  EXPECT_FALSE(subscription->live());
  EXPECT_EQ(subscription->considered()[LogAt(0)].ms, 1U);
  EXPECT_FALSE(hub_.Join(subscription)) << "nothing that it lacks is kept";
  subscription->Fill({}, ends);
  EXPECT_TRUE(hub_.Join(subscription));
}

TEST_F(SubscriptionTest, OneWorkerAtATimeCatchesUp) {
  const auto subscription = Subscribe({.caller = "care-a"}, 2);
  Publish({Record("a-1", 1), Record("a-1", 2), Record("a-1", 3)});
  EXPECT_FALSE(subscription->ClaimCatchUp()) << "more than half is full";
  TakeIds(*subscription);
  EXPECT_TRUE(subscription->ClaimCatchUp());
  EXPECT_FALSE(subscription->ClaimCatchUp());
  EXPECT_TRUE(subscription->ReleaseCatchUp());
}

TEST_F(SubscriptionTest, ABatchIsBoundedInBytes) {
  auto subscription = std::make_shared<Subscription>(
      Wish{.caller = "care-a"}, Place{}, Subscription::Options{.capacity = 8, .max_batch = 8, .max_batch_bytes = 1},
      audience_, metrics_);
  hub_.Add(subscription);
  hub_.Join(subscription);
  Publish({Record("a-1", 1), Record("a-1", 2)});
  EXPECT_EQ(subscription->Take()->response.observations_size(), 1);
}

}  // namespace
}  // namespace nara::broker
