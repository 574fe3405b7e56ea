#include "ingest/housekeeping.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/redis/retention.h"
#include "common/testing/servers.h"

namespace nara::ingest {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr LogId kMeasurements{3, Log::kMeasurement};
constexpr LogId kQuarantined{3, Log::kQuarantine};

class HousekeepingTest : public ::testing::Test {
 protected:
  void SetUp() override {
    // Redis removes whole nodes only: here each entry is one.
    auto redis = nara::testing::RedisServer::Start({"stream-node-max-entries 1"});
    ASSERT_TRUE(redis.ok()) << redis.status();
    redis_ = *std::move(redis);
    connection_ = RedisConnection::Connect({.address = redis_->address()}).value();
    housekeeping_ = std::make_unique<Housekeeping>(Housekeeping::Options{.redis = {.address = redis_->address()},
                                                                         .logs = {kMeasurements, kQuarantined},
                                                                         .retention = absl::Hours(24)},
                                                   memory_, clock_);
  }

  Reply Redis(std::initializer_list<std::string_view> command) {
    auto reply = connection_->Call(command);
    EXPECT_TRUE(reply.ok()) << reply.status();
    return *std::move(reply);
  }
  Position Before(absl::Duration age) {
    return {static_cast<std::uint64_t>(absl::ToUnixMillis(clock_.Now() - age)), 0};
  }
  void Append(LogId log, absl::Duration age) {
    Redis({"XADD", LogKey(log), Before(age).ToString(), "r", absl::FormatDuration(age)});
  }
  void HaveRead(LogId log, const std::string& consumer, absl::Duration up_to_age) {
    ASSERT_TRUE(CommitPositions(*connection_, consumer, {{log, Before(up_to_age)}}).ok());
  }
  // The ages at which the entries were appended, oldest first.
  std::vector<std::string> Left(LogId log) {
    const Reply reply = Redis({"XRANGE", LogKey(log), "-", "+"});
    std::vector<std::string> ages;
    for (std::size_t i = 0; i < reply.view().size(); ++i) ages.emplace_back(reply.view()[i][1][1].text());
    return ages;
  }

  // Redis has used about this part of its memory.
  void Fill(double fraction) {
    const auto memory = ReadMemory(*connection_);
    ASSERT_TRUE(memory.ok());
    const auto limit = static_cast<std::int64_t>(static_cast<double>(memory->used) / fraction);
    Redis({"CONFIG", "SET", "maxmemory", absl::StrCat(limit)});
  }
  void Pass(absl::Duration time) {
    clock_.Advance(time);
    const absl::Status status = housekeeping_->Look();
    EXPECT_TRUE(status.ok()) << status;
  }

  std::unique_ptr<nara::testing::RedisServer> redis_;
  std::unique_ptr<RedisConnection> connection_;
  ManualClock clock_;
  MemoryGuard memory_{0.7, 0};
  std::unique_ptr<Housekeeping> housekeeping_;
};

TEST_F(HousekeepingTest, EachMinuteWhatIsOlderThanTheRetentionGoes) {
  Append(kMeasurements, absl::Hours(25));
  Append(kMeasurements, absl::Hours(23));
  Pass(absl::Seconds(59));
  EXPECT_THAT(Left(kMeasurements), ElementsAre("25h", "23h"));
  Pass(absl::Seconds(1));
  EXPECT_THAT(Left(kMeasurements), ElementsAre("23h"));
}

TEST_F(HousekeepingTest, QuarantineIsKeptForAMinute) {
  Append(kQuarantined, absl::Minutes(2));
  Append(kQuarantined, absl::ZeroDuration());
  Pass(absl::Minutes(1));
  EXPECT_THAT(Left(kQuarantined), ElementsAre("0"));
}

TEST_F(HousekeepingTest, UnderPressureWhatWasReadGoesAfterAMinuteAndSoonerLooked) {
  for (const auto age : {absl::Hours(1), absl::Minutes(2), absl::Seconds(30)}) Append(kMeasurements, age);
  HaveRead(kMeasurements, "alert-router", absl::ZeroDuration());
  Fill(0.6);
  Pass(absl::Seconds(5));
  EXPECT_THAT(Left(kMeasurements), ElementsAre("30s")) << "readers count on it that nothing younger goes";
  EXPECT_FALSE(memory_.full());
}

TEST_F(HousekeepingTest, UnderPressureWhatOneConsumerHasNotReadStays) {
  for (const auto age : {absl::Hours(3), absl::Hours(2), absl::Hours(1)}) Append(kMeasurements, age);
  HaveRead(kMeasurements, "history", absl::ZeroDuration());
  HaveRead(kMeasurements, "live", absl::Hours(2));
  Fill(0.6);
  Pass(absl::Seconds(5));
  EXPECT_THAT(Left(kMeasurements), ElementsAre("2h", "1h"));
  HaveRead(kMeasurements, "live", absl::ZeroDuration());
  Pass(absl::Seconds(5));
  EXPECT_THAT(Left(kMeasurements), IsEmpty());
}

TEST_F(HousekeepingTest, WithoutAnyMemoryLeftEveryLogIsTrimmedStill) {
  for (const LogId log : {kMeasurements, kQuarantined}) Append(log, absl::Minutes(2));
  Redis({"CONFIG", "SET", "maxmemory", "1"});
  clock_.Advance(absl::Seconds(5));
  EXPECT_TRUE(absl::IsResourceExhausted(housekeeping_->Look()));
  EXPECT_THAT(Left(kMeasurements), IsEmpty());
  EXPECT_THAT(Left(kQuarantined), IsEmpty());
}

TEST_F(HousekeepingTest, AfterThePressureLogsAreKeptAsBefore) {
  Fill(0.6);
  Pass(absl::Seconds(5));
  Redis({"CONFIG", "SET", "maxmemory", "0"});
  Append(kMeasurements, absl::Hours(1));
  Pass(absl::Minutes(1));
  EXPECT_THAT(Left(kMeasurements), ElementsAre("1h"));
}

TEST_F(HousekeepingTest, AtTheLimitTheLaneStopsAndGoesOnBelowIt) {
  Fill(0.8);
  Pass(absl::Seconds(1));
  EXPECT_TRUE(memory_.full());
  Fill(0.3);
  Pass(absl::Seconds(1));
  EXPECT_FALSE(memory_.full());
}

TEST_F(HousekeepingTest, LooksAgainWhenRedisIsBack) {
  Pass(absl::Seconds(1));
  redis_->Kill9();
  EXPECT_FALSE(housekeeping_->Look().ok());
  ASSERT_TRUE(redis_->Restart().ok());
  Pass(absl::Seconds(1));
}

}  // namespace
}  // namespace nara::ingest
