#include "ingest/presence_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "common/testing/servers.h"

namespace nara::ingest {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;

PresenceState SomeState() {
  return {.presence = Presence::kOffline,
          .told = false,
          .anchor = 1,
          .since = 2,
          .from = 3,
          .changed = 4,
          .changed_at = 5,
          .restlessness = 6,
          .contact = {7, 8},
          .returned = {9, 10},
          .will = {11, 12}};
}

TEST(PresenceText, AStateIsReadAsItWasWritten) {
  EXPECT_EQ(ReadState(WriteState(SomeState())), SomeState());
  EXPECT_EQ(ReadState(WriteState({})), PresenceState());
}

TEST(PresenceText, WhatAnotherVersionOrNobodyWroteIsNoState) {
  const std::string good = WriteState(SomeState());
  EXPECT_FALSE(ReadState("2" + good.substr(1)));
  EXPECT_FALSE(ReadState(good + " 1"));
  EXPECT_FALSE(ReadState("1 9" + good.substr(3)));
  for (const char* bad : {"", "1", "x", "1 ", " 1", "99999999999999999999"}) EXPECT_FALSE(ReadState(bad)) << bad;
}

TEST(PresenceText, ASignIsTwoNumbers) {
  EXPECT_EQ(ReadSign(WriteSign({3, 4})), (Sign{3, 4}));
  for (const char* bad : {"", "1", "1 2 3", "1  2", "a b"}) EXPECT_FALSE(ReadSign(bad)) << bad;
}

class RedisPresenceStoreTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto redis = nara::testing::RedisServer::Start();
    ASSERT_TRUE(redis.ok()) << redis.status();
    redis_ = *std::move(redis);
    store_ = std::make_unique<RedisPresenceStore>(RedisOptions{.address = redis_->address()});
  }
  void Redis(std::initializer_list<std::string_view> command) {
    auto connection = RedisConnection::Connect({.address = redis_->address()});
    ASSERT_TRUE(connection.ok());
    ASSERT_TRUE((*connection)->Call(command).ok());
  }

  std::unique_ptr<nara::testing::RedisServer> redis_;
  std::unique_ptr<RedisPresenceStore> store_;
};

TEST_F(RedisPresenceStoreTest, StatesOfAShardAreThereForTheNextProcess) {
  PresenceStore::States states;
  for (int i = 0; i < 1'000; ++i) states.emplace_back(absl::StrCat("d-", i), SomeState());
  ASSERT_TRUE(store_->Save(3, states).ok());
  RedisPresenceStore next({.address = redis_->address()});
  const auto loaded = next.Load(3);
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  ASSERT_THAT(*loaded, SizeIs(1'000));
  EXPECT_EQ(loaded->front().second, SomeState());
  EXPECT_THAT(*next.Load(4), IsEmpty());
}

TEST_F(RedisPresenceStoreTest, WhenEachLaneHeardIsThereAndTheClockGoesOn) {
  Redis({"HSET", HearingKey(0), "m", "1000", "a", "2000", "clock", "77"});
  Redis({"HSET", HearingKey(1), "a", "2000"});
  const auto hearings = store_->ReadHearings();
  ASSERT_TRUE(hearings.ok()) << hearings.status();
  EXPECT_EQ((*hearings)[0].clock, 77);
  EXPECT_EQ((*hearings)[0].measurement, 1'000);
  EXPECT_EQ((*hearings)[0].alarm, 2'000);
  EXPECT_EQ((*hearings)[1].measurement, std::nullopt);
  PresenceStore::Clocks clocks{};
  clocks[1] = 5;
  ASSERT_TRUE(store_->SaveClocks(clocks).ok());
  EXPECT_EQ((*store_->ReadHearings())[1].clock, 5);
}

TEST_F(RedisPresenceStoreTest, ContactsAreThoseOfTheDevicesAskedForInBothLanes) {
  Redis({"HSET", ContactKey(0, Lane::kMeasurement), "d-1", "1 2", "d-2", "3 4", "d-3", "broken"});
  Redis({"HSET", ContactKey(0, Lane::kAlarm), "d-1", "1 2", "d-2", "5 6"});
  const std::vector<std::string> asked = {"d-2", "d-3", "d-4"};
  const auto contacts = store_->Contacts(0, asked);
  ASSERT_TRUE(contacts.ok()) << contacts.status();
  EXPECT_THAT(*contacts, ElementsAre(Pair("d-2", Sign{3, 4}), Pair("d-2", Sign{5, 6})));
  EXPECT_THAT(*store_->Contacts(0, {}), IsEmpty());
}

TEST_F(RedisPresenceStoreTest, WillsAreThoseOfTheShard) {
  Redis({"HSET", LostKey(0), "d-1", "1 2"});
  EXPECT_THAT(*store_->Wills(0), ElementsAre(Pair("d-1", Sign{1, 2})));
  EXPECT_THAT(*store_->Wills(1), IsEmpty());
}

TEST_F(RedisPresenceStoreTest, WithoutRedisItSaysSoAndGoesOnWithIt) {
  ASSERT_TRUE(store_->ReadHearings().ok());
  redis_->Kill9();
  EXPECT_FALSE(store_->ReadHearings().ok());
  EXPECT_FALSE(store_->Save(0, {{"d-1", SomeState()}}).ok());
  ASSERT_TRUE(redis_->Restart().ok());
  EXPECT_TRUE(store_->Save(0, {{"d-1", SomeState()}}).ok());
}

}  // namespace
}  // namespace nara::ingest
