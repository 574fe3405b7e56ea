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
    record->log = log;
    record->position = {ms, 0};
    record->route_revision = 1;
    record->observation.set_id(device + "@" + std::to_string(ms));
    record->observation.set_device(device);
    record->observation.set_kind(kind);
    audience_.PartyOf(*record, record->party);
    return record;
  }

  SubscriptionPtr Subscribe(Wish wish, std::size_t capacity = 8) {
    auto subscription = std::make_shared<Subscription>(
        std::move(wish), Positions{}, Subscription::Options{.capacity = capacity, .max_batch = 4}, audience_, metrics_);
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
  EXPECT_EQ(batch->after[0].ms, 1U);
  EXPECT_EQ(batch->after[7].ms, 5U);
}

TEST_F(SubscriptionTest, CursorOfAPartBatchResumesBehindThatPart) {
  const auto subscription = Subscribe({.caller = "care-a"});
  Publish({Record("a-1", 1), Record("a-1", 2), Record("a-1", 3), Record("a-1", 4), Record("a-1", 5)});
  EXPECT_EQ(subscription->Take()->after[0].ms, 4U);
  EXPECT_EQ(subscription->Take()->after[0].ms, 5U);
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
  EXPECT_EQ(subscription->Idle().after[0].ms, 0U);
  audience_.Stale(false);
  EXPECT_THAT(TakeIds(*subscription), ElementsAre("a-1@1"));
}

TEST_F(SubscriptionTest, TurnsToCatchUpWhenFullAndKnowsWhereItStopped) {
  const auto subscription = Subscribe({.caller = "care-a"}, 2);
  Publish({Record("a-1", 1), Record("a-1", 2), Record("b-1", 3), Record("a-1", 4)});
  EXPECT_FALSE(subscription->live());
  EXPECT_EQ(subscription->considered()[0].ms, 3U);
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
  EXPECT_EQ(subscription->considered()[0].ms, 1U);
  EXPECT_FALSE(hub_.Join(subscription));
}

TEST_F(SubscriptionTest, DoesNotRepeatWhatCatchUpReadAheadOfTheFeed) {
  const auto subscription = std::make_shared<Subscription>(Wish{.caller = "care-a"}, Positions{},
                                                           Subscription::Options{}, audience_, metrics_);
  hub_.Add(subscription);
  Positions ahead{};
  ahead[0] = {2, 0};
  subscription->Fill(std::vector{Record("a-1", 1), Record("a-1", 2)}, ahead);
  ASSERT_TRUE(hub_.Join(subscription));
  Publish({Record("a-1", 1)});
  Publish({Record("a-1", 2), Record("a-1", 3)});
  EXPECT_THAT(TakeIds(*subscription), ElementsAre("a-1@1", "a-1@2", "a-1@3"));
  EXPECT_EQ(subscription->considered()[0].ms, 3U);
}

TEST_F(SubscriptionTest, WhatTheHubKeepsGoesToWhoeverAnswersNow) {
  Publish({Record("a-1", 1)});
  audience_.Answers("a-1", "unit-b", 2);
  audience_.Allow("care-b", {"unit-b"});
  EXPECT_THAT(TakeIds(*Subscribe({.caller = "care-b"})), ElementsAre("a-1@1"));
  EXPECT_THAT(TakeIds(*Subscribe({.caller = "care-a"})), IsEmpty());
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
      Wish{.caller = "care-a"}, Positions{}, Subscription::Options{.capacity = 8, .max_batch = 8, .max_batch_bytes = 1},
      audience_, metrics_);
  hub_.Add(subscription);
  hub_.Join(subscription);
  Publish({Record("a-1", 1), Record("a-1", 2)});
  EXPECT_EQ(subscription->Take()->response.observations_size(), 1);
}

}  // namespace
}  // namespace nara::broker
