#include "common/redis/sentinel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/redis/appender.h"
#include "common/redis/history.h"
#include "common/redis/log_reader.h"
#include "common/testing/servers.h"
#include "common/testing/wait_for.h"

namespace nara {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::RedisGroup;
using testing::WaitFor;

constexpr LogId kLog{3, Log::kMeasurement};
constexpr milliseconds kShort{1'000};

class Replicated : public ::testing::Test {
 protected:
  void SetUp() override {
    auto group = RedisGroup::Start();
    ASSERT_TRUE(group.ok()) << group.status();
    group_ = *std::move(group);
  }

  std::unique_ptr<RedisConnection> To(int server, int replicas = 0) {
    return RedisConnection::Connect(
               {.address = group_->address(server), .replicas = replicas, .replica_timeout = kShort})
        .value();
  }
  static absl::Status Write(RedisConnection& connection) {
    connection.Queue({"INCR", "k"});
    return connection.CollectReplicated().status();
  }
  // What is read behind a position.
  std::vector<LogEntry> Behind(RedisConnection& connection, Position position) {
    return ReadRange(connection, kLog, position, 100).value();
  }
  static Position Add(RedisConnection& connection, const std::string& payload, const std::string& id = "*") {
    return Position::Parse(connection.Call({"XADD", LogKey(kLog), id, "r", payload})->view().text()).value();
  }

  std::unique_ptr<RedisGroup> group_;
};

TEST_F(Replicated, AWriteCountsWhenTheReplicaHasIt) {
  const auto connection = To(0, 1);
  EXPECT_TRUE(Write(*connection).ok());
  EXPECT_EQ(To(1)->Call({"GET", "k"})->view().integer(), 1);
}

TEST_F(Replicated, WithoutTheReplicaNothingCountsAlsoWhenItIsOnlyRepeated) {
  group_->Kill9(1);
  EXPECT_THAT(std::string(Write(*To(0, 1)).message()), HasSubstr("0 of 1 replicas have what was written"));
  const auto again = To(0, 1);
  again->Queue({"GET", "k"});
  EXPECT_TRUE(absl::IsUnavailable(again->CollectReplicated().status()))
      << "a duplicate writes nothing and waits all the same";
  EXPECT_TRUE(Write(*To(0)).ok()) << "who asks for none does not wait";
}

TEST_F(Replicated, AnAppendCountsWhenTheReplicaHasIt) {
  FixedShardDirectory directory(group_->address(0));
  Appender appender(directory, {.replicas = 1, .replica_timeout = kShort});
  const auto connection = To(0);
  AppendCall call{.device = "bp-1", .token = TakeShardToken(*connection, ShardOf("bp-1"), Lane::kMeasurement).value()};
  call.epoch = 1;
  call.now = std::chrono::system_clock::now();
  call.records = {{.seq = 1, .payload = "x"}};
  EXPECT_TRUE(appender.Append({&call, 1})[0].status.ok());
  group_->Kill9(1);
  EXPECT_TRUE(absl::IsUnavailable(appender.Append({&call, 1})[0].status)) << "also for a duplicate";
}

TEST_F(Replicated, TheHistoryHasAnotherNameAfterAPromotion) {
  const RedisHistory before = ReadHistory(*To(0)).value();
  const RedisHistory copy = ReadHistory(*To(1)).value();
  EXPECT_TRUE(before.primary);
  EXPECT_FALSE(copy.primary);
  EXPECT_EQ(before.id, copy.id);
  EXPECT_GT(before.clock.count(), 1'600'000'000'000);
  To(1)->Call({"REPLICAOF", "NO", "ONE"}).value();
  const RedisHistory after = ReadHistory(*To(1)).value();
  EXPECT_TRUE(after.primary);
  EXPECT_NE(after.id, before.id);
}

// The trap: a consumer has read entries that only the old primary had, and the new one's clock is behind.
TEST_F(Replicated, PositionsGoOnBehindEverythingThatTheOldPrimaryCanHaveGiven) {
  const auto old = To(0, 1);
  Add(*old, "on both");
  ASSERT_TRUE(Write(*old).ok());
  const auto promoted = To(1);
  promoted->Call({"REPLICAOF", "NO", "ONE"}).value();
  // As if the old primary, which nobody else sees any more, had a clock that is an hour ahead.
  const milliseconds ahead = ReadHistory(*old)->clock + std::chrono::hours(1);
  const Position read = Add(*old, "only here", std::to_string(ahead.count()) + "-0");
  ASSERT_TRUE(ContinueBehind(*promoted, {kLog, {4, Log::kAlarm}}, ahead + milliseconds(1)).ok());
  Add(*promoted, "appended again");
  const std::vector<LogEntry> entries = Behind(*promoted, read);
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries[0].payload, "appended again");
}

TEST_F(Replicated, PositionsAreNeverSetBack) {
  const auto connection = To(0, 1);
  ASSERT_TRUE(ContinueBehind(*connection, {kLog}, milliseconds(9'000'000'000'000)).ok());
  const Position last = ReadBounds(*connection, kLog)->last;
  EXPECT_EQ(last, (Position{9'000'000'000'000, 0}));
  EXPECT_THAT(Behind(*connection, {}), IsEmpty());
  ASSERT_TRUE(ContinueBehind(*connection, {kLog}, milliseconds(5)).ok()) << "by a process that knows less";
  EXPECT_GT(ReadBounds(*connection, kLog)->last, last);
  Add(*connection, "x");
  ASSERT_TRUE(ContinueBehind(*connection, {kLog}, milliseconds(5)).ok());
  EXPECT_EQ(Behind(*connection, {}).size(), 1u) << "no entry goes";
}

class Watched : public Replicated {
 protected:
  void SetUp() override {
    Replicated::SetUp();
    ASSERT_TRUE(group_->StartSentinel().ok());
  }
  std::shared_ptr<SentinelDirectory> Directory(std::map<std::string, std::string> servers) {
    return std::make_shared<SentinelDirectory>(SentinelOptions{.primary = "nara",
                                                               .sentinels = {"127.0.0.1:1", group_->sentinel()},
                                                               .servers = std::move(servers),
                                                               .interval = milliseconds(100)});
  }
};

TEST_F(Watched, ThePrimaryIsFoundAndFoundAgainWhenItIsLost) {
  const auto directory = Directory(group_->servers());
  ASSERT_TRUE(WaitFor([&] { return directory->AddressOf(0).ok(); }));
  EXPECT_EQ(*directory->AddressOf(0), group_->address(0));
  const RedisOptions options{.primary = directory};
  const auto connection = RedisConnection::Connect(options).value();
  ASSERT_TRUE(connection->Call({"SET", "k", "1"}).ok());
  group_->Kill9(0);
  EXPECT_FALSE(connection->Call({"GET", "k"}).ok());
  ASSERT_TRUE(WaitFor([&] { return *directory->AddressOf(0) == group_->address(1); }, std::chrono::seconds(30)));
  const auto next = RedisConnection::Connect(options).value();
  EXPECT_TRUE(WaitFor([&] { return RedisConnection::Connect(options).value()->Call({"SET", "k", "2"}).ok(); }));
}

TEST_F(Watched, AConnectionIsSpentWhenItsServerIsNotThePrimaryAnyMore) {
  const auto directory = Directory(group_->servers());
  ASSERT_TRUE(WaitFor([&] { return directory->AddressOf(0).ok(); }));
  const auto connection = RedisConnection::Connect({.primary = directory}).value();
  EXPECT_FALSE(connection->broken());
  To(0)->Call({"REPLICAOF", "127.0.0.1", "1"}).value();
  EXPECT_TRUE(absl::IsUnavailable(connection->Call({"SET", "k", "1"}).status()));
  EXPECT_TRUE(connection->broken());
}

TEST_F(Watched, AServerThatTheConfigurationDoesNotNameIsRefused) {
  const auto directory = Directory({{"10.9.9.9:6379", "unix:/nowhere"}});
  ASSERT_TRUE(WaitFor([&] {
    return directory->AddressOf(0).status().message().find("none of the servers of the configuration") !=
           absl::string_view::npos;
  }));
  EXPECT_TRUE(absl::IsUnavailable(RedisConnection::Connect({.primary = directory}).status()));
}

}  // namespace
}  // namespace nara
