#include "ingest/backlog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/redis/keys.h"
#include "common/testing/servers.h"

namespace nara::ingest {
namespace {

using ::testing::HasSubstr;

class BacklogTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto redis = nara::testing::RedisServer::Start();
    ASSERT_TRUE(redis.ok()) << redis.status();
    redis_ = *std::move(redis);
    for (const char* shard : {"00", "01"}) inboxes_.push_back(*Inbox::Open({.dir = dir_.path() + "/" + shard}));
    MakeBacklog(RedisOptions{.address = redis_->address()});
  }
  void MakeBacklog(std::optional<RedisOptions> tell) {
    backlog_ = std::make_unique<Backlog>(BacklogOptions{.tell = std::move(tell)},
                                         BacklogDeps{inboxes_, arrivals_, machine_, metrics_});
  }

  void Take(int shard) {
    const absl::Status status =
        inboxes_[static_cast<std::size_t>(shard)]->Append(arrivals_.Arrived(), "nara/v1/00/d/alarm", "x");
    ASSERT_TRUE(status.ok()) << status;
  }
  std::string Redis(std::initializer_list<std::string_view> command) {
    auto connection = RedisConnection::Connect({.address = redis_->address()});
    if (!connection.ok()) return std::string(connection.status().message());
    auto reply = (*connection)->Call(command);
    return reply.ok() ? std::string(reply->view().text()) : std::string(reply.status().message());
  }
  std::string Told() { return Redis({"GET", kAlarmLagKey}); }
  std::string Milliseconds(absl::Time time) { return absl::StrCat(absl::ToUnixMillis(time)); }
  void ExpectGauge(const std::string& seconds) {
    EXPECT_THAT(registry_.Text(), HasSubstr("nara_ingest_oldest_unreleased_seconds{lane=\"alarm\"} " + seconds + "\n"));
  }

  nara::testing::TempDir dir_;
  std::unique_ptr<nara::testing::RedisServer> redis_;
  ManualClock machine_;
  metrics::Registry registry_;
  Metrics metrics_{registry_, Lane::kAlarm};
  ArrivalClock arrivals_{machine_, metrics_};
  std::vector<std::unique_ptr<Inbox>> inboxes_;
  std::unique_ptr<Backlog> backlog_;
};

TEST_F(BacklogTest, NothingWaits) {
  ASSERT_TRUE(backlog_->Look().ok());
  EXPECT_EQ(Told(), "0");
  ExpectGauge("0");
}

TEST_F(BacklogTest, TellsTheOldestFrameOfAllShardsUntilItIsReleased) {
  const absl::Time first = machine_.Now();
  Take(1);
  machine_.Advance(absl::Seconds(3));
  const absl::Time second = machine_.Now();
  Take(0);
  machine_.Advance(absl::Seconds(4));
  ASSERT_TRUE(backlog_->Look().ok());
  EXPECT_EQ(Told(), Milliseconds(first));
  ExpectGauge("7");
  inboxes_[1]->Release(inboxes_[1]->end());
  ASSERT_TRUE(backlog_->Look().ok());
  EXPECT_EQ(Told(), Milliseconds(second));
  ExpectGauge("4");
}

TEST_F(BacklogTest, WhatItToldIsForgottenByItself) {
  ASSERT_TRUE(backlog_->Look().ok());
  auto connection = RedisConnection::Connect({.address = redis_->address()});
  const auto life = (*connection)->Call({"PTTL", kAlarmLagKey});
  EXPECT_GT(life->view().integer(), 0);
  EXPECT_LE(life->view().integer(), 5'000);
}

TEST_F(BacklogTest, WhileRedisHasNoMemoryTheGaugeStaysRight) {
  Take(0);
  Redis({"CONFIG", "SET", "maxmemory", "1"});
  machine_.Advance(absl::Seconds(9));
  EXPECT_TRUE(absl::IsResourceExhausted(backlog_->Look()));
  ExpectGauge("9");
  Redis({"CONFIG", "SET", "maxmemory", "0"});
  EXPECT_TRUE(backlog_->Look().ok()) << "by the same connection";
  EXPECT_EQ(Told(), Milliseconds(machine_.Now() - absl::Seconds(9)));
}

TEST_F(BacklogTest, GoesOnAfterRedisWasAway) {
  ASSERT_TRUE(backlog_->Look().ok());
  redis_->Kill9();
  Take(0);
  machine_.Advance(absl::Seconds(2));
  EXPECT_FALSE(backlog_->Look().ok());
  ExpectGauge("2");
  ASSERT_TRUE(redis_->Restart().ok());
  EXPECT_TRUE(backlog_->Look().ok());
}

TEST_F(BacklogTest, AStepOfOurClockMakesNothingOlder) {
  Take(0);
  machine_.Advance(absl::Seconds(1));
  machine_.Step(absl::Hours(1));
  ASSERT_TRUE(backlog_->Look().ok());
  EXPECT_EQ(Told(), Milliseconds(machine_.Now() - absl::Seconds(1))) << "who reads it has the new time";
  ExpectGauge("1");
}

TEST_F(BacklogTest, TheOtherLaneHasTheGaugeOnly) {
  MakeBacklog(std::nullopt);
  Take(0);
  machine_.Advance(absl::Seconds(5));
  ASSERT_TRUE(backlog_->Look().ok());
  EXPECT_EQ(Told(), "");
  ExpectGauge("5");
}

}  // namespace
}  // namespace nara::ingest
