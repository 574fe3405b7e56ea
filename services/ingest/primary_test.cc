// Against two real servers.
#include "ingest/primary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/time/clock.h"
#include "common/redis/log_reader.h"
#include "common/testing/servers.h"
#include "common/testing/wait_for.h"

namespace nara::ingest {
namespace {

using nara::testing::RedisGroup;
using nara::testing::WaitFor;
using ::testing::HasSubstr;

constexpr LogId kLog{3, Log::kAlarm};

class PrimaryTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto group = RedisGroup::Start();
    ASSERT_TRUE(group.ok()) << group.status();
    group_ = *std::move(group);
  }

  std::unique_ptr<RedisConnection> To(int server) {
    return RedisConnection::Connect({.address = group_->address(server)}).value();
  }
  bool HasReplicas(int count) {
    return WaitFor([&] { return ReadHistory(*To(0))->replicas == count; }, std::chrono::seconds(20));
  }
  void Promote() { To(1)->Call({"REPLICAOF", "NO", "ONE"}).value(); }

  std::unique_ptr<RedisGroup> group_;
  ManualClock clock_{absl::Now()};
  metrics::Registry registry_;
  Metrics metrics_{registry_, Lane::kAlarm};
  Primary primary_{{.logs = {kLog}, .replicas = 1}, clock_, metrics_};
};

TEST_F(PrimaryTest, TheFirstOneIsAChangeSinceNobodyKnowsWhatWasBefore) {
  const auto connection = To(0);
  ASSERT_TRUE(primary_.Look(*connection).ok());
  EXPECT_TRUE(primary_.changed());
  primary_.Settle();
  ASSERT_TRUE(primary_.Look(*connection).ok());
  ASSERT_TRUE(primary_.Look(*To(0)).ok());
  EXPECT_FALSE(primary_.changed());
}

TEST_F(PrimaryTest, AReplicaThatTakesOverIsAChangeAndNeedsNoOther) {
  ASSERT_TRUE(primary_.Look(*To(0)).ok());
  primary_.Settle();
  EXPECT_TRUE(absl::IsUnavailable(primary_.Look(*To(1)))) << "it follows another";
  Promote();
  ASSERT_TRUE(primary_.Look(*To(1)).ok());
  EXPECT_TRUE(primary_.changed());
  EXPECT_EQ(primary_.replicas(), 0) << "the old one is away";
}

TEST_F(PrimaryTest, TheLogsGoOnBehindTheOldClock) {
  ASSERT_TRUE(primary_.Look(*To(0)).ok());
  clock_.Advance(absl::Hours(1));  // by which the old one's clock goes on, and the new one's is an hour behind it
  Promote();
  const auto promoted = To(1);
  ASSERT_TRUE(primary_.Look(*promoted).ok());
  const auto last = absl::FromUnixMillis(static_cast<std::int64_t>(ReadBounds(*promoted, kLog)->last.ms));
  EXPECT_GT(last, clock_.Now() - absl::Minutes(1));
}

TEST_F(PrimaryTest, ReplicasThatAreAwayAreNotWaitedForForever) {
  const auto connection = To(0);
  ASSERT_TRUE(primary_.Look(*connection).ok());
  group_->Kill9(1);
  ASSERT_TRUE(HasReplicas(0));
  ASSERT_TRUE(primary_.Look(*connection).ok());
  EXPECT_EQ(primary_.replicas(), 1);
  clock_.Advance(absl::Seconds(5));
  ASSERT_TRUE(primary_.Look(*connection).ok());
  EXPECT_EQ(primary_.replicas(), 0);
  EXPECT_THAT(registry_.Text(), HasSubstr("nara_ingest_replicas_required_count{lane=\"alarm\"} 0"));
  EXPECT_TRUE(connection->CollectReplicated().ok());
  ASSERT_TRUE(group_->Restart(1).ok());
  ASSERT_TRUE(HasReplicas(1));
  ASSERT_TRUE(primary_.Look(*connection).ok());
  EXPECT_EQ(primary_.replicas(), 1) << "again, as soon as it is there";
}

}  // namespace
}  // namespace nara::ingest
