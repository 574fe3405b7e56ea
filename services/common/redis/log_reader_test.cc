#include "common/redis/log_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "common/redis/retention.h"
#include "common/testing/servers.h"

namespace nara {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::Pair;

constexpr LogId kAlarm3{3, Log::kAlarm};
constexpr LogId kMeasurement5{5, Log::kMeasurement};

class Logs : public ::testing::Test {
 protected:
  Logs() : server_(testing::RedisServer::Start().value()) { Connect(); }

  void Connect() { connection_ = RedisConnection::Connect({.address = server_->address()}).value(); }

  Position Write(LogId log, std::string_view payload, std::string_view id = "*") {
    const Reply reply = connection_->Call({"XADD", LogKey(log), id, "r", payload}).value();
    return Position::Parse(reply.view().text()).value();
  }

  static std::vector<std::string> Payloads(const std::vector<LogEntry>& entries) {
    std::vector<std::string> payloads;
    for (const LogEntry& entry : entries) payloads.push_back(entry.payload);
    return payloads;
  }

  std::unique_ptr<testing::RedisServer> server_;
  std::unique_ptr<RedisConnection> connection_;
};

TEST_F(Logs, AreReadInOrderFromAPosition) {
  Write(kAlarm3, "one");
  const Position first = Write(kAlarm3, "two");
  const Position last = Write(kAlarm3, std::string("th\0ree", 6));
  Write(kMeasurement5, "other");
  LogReader reader({.address = server_->address()});
  reader.Follow(kAlarm3, first);
  const auto batches = reader.Read(milliseconds(0)).value();
  ASSERT_EQ(batches.size(), 1u);
  EXPECT_EQ(batches[0].log, kAlarm3);
  EXPECT_THAT(Payloads(batches[0].entries), ElementsAre(std::string("th\0ree", 6)));
  EXPECT_EQ(batches[0].entries[0].position, last);
  EXPECT_TRUE(reader.Read(milliseconds(0)).value().empty());
}

TEST_F(Logs, WakeABlockedReaderOfManyLogs) {
  LogReader reader({.address = server_->address()});
  for (int shard = 0; shard < kShardCount; ++shard) {
    reader.Follow({shard, Log::kAlarm}, {});
    reader.Follow({shard, Log::kMeasurement}, {});
  }
  std::jthread writer([this] { Write(kMeasurement5, "now"); });
  const auto batches = reader.Read(seconds(10)).value();
  ASSERT_EQ(batches.size(), 1u);
  EXPECT_EQ(batches[0].log, kMeasurement5);
  EXPECT_EQ(reader.positions().at(kMeasurement5), batches[0].entries[0].position);
}

TEST_F(Logs, GiveNothingToAReaderThatFollowsNothingOrWaitsInVain) {
  LogReader reader({.address = server_->address()});
  EXPECT_TRUE(reader.Read(seconds(60)).value().empty());
  reader.Follow(kAlarm3, {});
  EXPECT_TRUE(reader.Read(milliseconds(5)).value().empty());
}

TEST_F(Logs, AreReadOnAfterACrashOfTheServer) {
  LogReader reader({.address = server_->address()});
  reader.Follow(kAlarm3, {});
  Write(kAlarm3, "before");
  EXPECT_EQ(reader.Read(seconds(1)).value().size(), 1u);
  server_->Kill9();
  EXPECT_TRUE(absl::IsUnavailable(reader.Read(seconds(1)).status()));
  EXPECT_TRUE(absl::IsUnavailable(reader.Read(seconds(1)).status()));
  ASSERT_TRUE(server_->Restart().ok());
  Connect();
  Write(kAlarm3, "after");
  EXPECT_THAT(Payloads(reader.Read(seconds(1)).value()[0].entries), ElementsAre("after"));
  EXPECT_THAT(Payloads(ReadRange(*connection_, kAlarm3, {}, 10).value()), ElementsAre("before", "after"));
}

TEST_F(Logs, AreReadInPieces) {
  Write(kAlarm3, "1", "1-1");
  Write(kAlarm3, "2", "2-0");
  Write(kAlarm3, "3", "3-0");
  EXPECT_THAT(Payloads(ReadRange(*connection_, kAlarm3, {1, 1}, 1).value()), ElementsAre("2"));
  EXPECT_THAT(Payloads(ReadRange(*connection_, kAlarm3, {}, 9, Position{2, 0}).value()), ElementsAre("1", "2"));
  EXPECT_TRUE(ReadRange(*connection_, kMeasurement5, {}, 9).value().empty());
  const auto bounds = ReadBounds(*connection_, std::vector{kAlarm3, kMeasurement5}).value();
  EXPECT_EQ(bounds.at(kAlarm3).last, (Position{3, 0}));
  EXPECT_EQ(bounds.at(kMeasurement5).last, Position{});
}

TEST_F(Logs, KeepWhatTheSlowestConsumerHasNotCommitted) {
  const std::string big(5'000, 'x');  // one entry a node, so that trimming is exact
  for (int ms = 1; ms <= 6; ++ms) Write(kAlarm3, big, std::to_string(ms) + "-0");
  const auto long_ago = std::chrono::system_clock::time_point(milliseconds(5));
  ASSERT_TRUE(CommitPositions(*connection_, "fast", {{kAlarm3, {6, 0}}}).ok());
  ASSERT_TRUE(CommitPositions(*connection_, "slow", {{kAlarm3, {3, 0}}}).ok());
  EXPECT_THAT(ReadConsumers(*connection_, kAlarm3).value(),
              ElementsAre(Pair("fast", Position{6, 0}), Pair("slow", Position{3, 0})));
  EXPECT_EQ(Trim(*connection_, kAlarm3, long_ago).value(), 2u);
  EXPECT_EQ(ReadBounds(*connection_, kAlarm3).value().first, (Position{3, 0}));
  ASSERT_TRUE(CommitPositions(*connection_, "slow", {{kAlarm3, {6, 0}}}).ok());
  EXPECT_EQ(Trim(*connection_, kAlarm3, long_ago).value(), 2u) << "then age decides";
  EXPECT_EQ(Trim(*connection_, kAlarm3, long_ago).value(), 0u);
}

TEST_F(Logs, TellAReaderWhoseEntriesAreGone) {
  for (int ms = 1; ms <= 4; ++ms) Write(kAlarm3, std::string(5'000, 'x'), std::to_string(ms) + "-0");
  EXPECT_FALSE(ReadBounds(*connection_, kAlarm3).value().Lost({}));
  Trim(*connection_, kAlarm3, std::chrono::system_clock::time_point(milliseconds(3))).value();
  const LogBounds bounds = ReadBounds(*connection_, kAlarm3).value();
  EXPECT_EQ(bounds.length, 2u);
  EXPECT_EQ(bounds.last, (Position{4, 0}));
  EXPECT_TRUE(bounds.Lost({}));
  EXPECT_TRUE(bounds.Lost({1, 0}));
  EXPECT_FALSE(bounds.Lost({3, 0}));
  Trim(*connection_, kAlarm3, std::chrono::system_clock::time_point(milliseconds(9))).value();
  EXPECT_TRUE(ReadBounds(*connection_, kAlarm3).value().Lost({3, 0}));
  EXPECT_FALSE(ReadBounds(*connection_, kAlarm3).value().Lost({4, 0})) << "who has read all has lost nothing";
  EXPECT_FALSE(ReadBounds(*connection_, kMeasurement5).value().Lost({}));
}

}  // namespace
}  // namespace nara
