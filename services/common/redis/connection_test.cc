#include "common/redis/connection.h"

#include <gtest/gtest.h>

#include "common/redis/shard_directory.h"
#include "common/testing/servers.h"

namespace nara {
namespace {

using std::chrono::milliseconds;

class Connection : public ::testing::Test {
 protected:
  Connection() : server_(testing::RedisServer::Start({"maxmemory 100mb"}).value()) {
    connection_ = RedisConnection::Connect({.address = server_->address()}).value();
  }

  std::unique_ptr<testing::RedisServer> server_;
  std::unique_ptr<RedisConnection> connection_;
};

TEST_F(Connection, PipelinesCommandsAndKeepsTheOrderOfReplies) {
  connection_->Queue({"SET", "k", "v"});
  connection_->Queue({"LPUSH", "k", "x"});
  connection_->Queue({"GET", "k"});
  const std::vector<Reply> replies = connection_->Collect().value();
  ASSERT_EQ(replies.size(), 3u);
  EXPECT_EQ(replies[1].view().status().code(), absl::StatusCode::kInternal);
  EXPECT_EQ(replies[2].view().text(), "v");
}

TEST_F(Connection, CarriesBytesOfEveryKind) {
  const std::string bytes("\0\r\n\xff", 4);
  connection_->Call({"SET", "k", bytes}).value();
  EXPECT_EQ(connection_->Call({"GET", "k"}).value().view().text(), bytes);
  connection_->Call({"SET", "k", std::string_view()}).value();
  EXPECT_EQ(connection_->Call({"STRLEN", "k"}).value().view().integer(), 0);
}

TEST_F(Connection, IsSpentWhenTheServerIsGone) {
  server_->Kill9();
  EXPECT_TRUE(absl::IsUnavailable(connection_->Call({"PING"}).status()));
  ASSERT_TRUE(server_->Restart().ok());
  EXPECT_TRUE(absl::IsUnavailable(connection_->Call({"PING"}).status()));
  EXPECT_TRUE(RedisConnection::Connect({.address = server_->address()}).ok());
}

TEST_F(Connection, DoesNotWaitBeyondItsDeadline) {
  ASSERT_TRUE(connection_->SetCommandTimeout(milliseconds(20)).ok());
  EXPECT_TRUE(absl::IsUnavailable(connection_->Call({"BLPOP", "nothing", "60"}).status()));
  EXPECT_TRUE(connection_->broken());
}

TEST_F(Connection, TellsHowFullTheServerIs) {
  const RedisMemory memory = ReadMemory(*connection_).value();
  EXPECT_EQ(memory.limit, 100 << 20);
  EXPECT_GT(memory.used, 0);
  EXPECT_GT(memory.fraction(), 0.0);
  EXPECT_LT(memory.fraction(), 1.0);
}

TEST(RedisAddress, IsASocketOrAHostWithAPort) {
  for (const char* address : {"", "localhost", "host:", "host:0", "host:65536", "host:12x"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(RedisConnection::Connect({.address = address}).status())) << address;
  }
  EXPECT_TRUE(absl::IsUnavailable(RedisConnection::Connect({.address = "unix:/nowhere/redis.sock"}).status()));
}

}  // namespace
}  // namespace nara
