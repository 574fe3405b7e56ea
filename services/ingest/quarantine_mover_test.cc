#include "ingest/quarantine_mover.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "ingest/testing/fakes.h"

namespace nara::ingest {
namespace {

using nara::ingest::v1::Quarantined;
using ::testing::ElementsAre;

// One shard's log, and where reading stands.
class FakeSource final : public QuarantineSource {
 public:
  void Add(const std::string& payload) { entries.push_back({{entries.size() + 1, 0}, payload}); }
  void Follow(int, Position after) override { at = after; }
  void Unfollow(int) override { at.reset(); }
  absl::StatusOr<std::vector<LogBatch>> Read(std::chrono::milliseconds) override {
    LogBatch batch{{3, Log::kQuarantine}, {}};
    for (const LogEntry& entry : entries) {
      if (at && entry.position > *at) batch.entries.push_back(entry);
    }
    if (!batch.entries.empty()) at = batch.entries.back().position;
    return std::vector<LogBatch>{batch};
  }
  void Commit(const std::map<LogId, Position>& positions) override { committed = positions.begin()->second; }

  std::vector<LogEntry> entries;
  std::optional<Position> at;
  Position committed;
};

// PostgreSQL's part: rows and position move together or not at all.
class FakeStore final : public QuarantineStore {
 public:
  absl::StatusOr<std::vector<ShardLease>> Acquire() override {
    if (!fail.ok()) return fail;
    return std::vector<ShardLease>{{"quarantine", 3, 1, position}};
  }
  absl::Status Store(const std::vector<QuarantineRow>& added, const PositionStep& step) override {
    if (!fail.ok()) return fail;
    if (step.lease.position != position) return absl::AbortedError("moved by somebody else");
    position = step.to;
    rows.insert(rows.end(), added.begin(), added.end());
    return absl::OkStatus();
  }

  absl::Status fail;
  std::string position = "0-0";
  std::vector<QuarantineRow> rows;
};

class Mover : public ::testing::Test {
 protected:
  Mover() {
    registry::v1::Route route = testing::RouteOf("bp-1", "bp-meter", 0);
    auto& care = *route.mutable_assignments(0)->add_responsibilities();
    care.set_purpose(registry::v1::PURPOSE_CARE);
    care.mutable_since()->set_seconds(0);
    care.set_principal("1480");
    care.set_unit("care-1480-1");
    routes_.Apply(true, {route}, 7);
  }
  void Quarantine(const std::string& device, const std::string& reason, const std::string& assignment = "a1") {
    Quarantined record;
    record.set_device(device);
    record.set_reason(reason);
    record.set_assignment(assignment);
    record.mutable_effective_at()->set_seconds(1'771'300'000);
    record.mutable_received_at()->set_seconds(1'771'310'000);
    source_.Add(record.SerializeAsString());
  }
  absl::Status Once() {
    if (absl::Status status = mover_.Renew(); !status.ok()) return status;
    return mover_.Move({});
  }
  std::vector<std::string> Reasons() const {
    std::vector<std::string> reasons;
    for (const QuarantineRow& row : store_.rows) reasons.push_back(row.record.reason());
    return reasons;
  }

  FakeSource source_;
  FakeStore store_;
  RouteTable routes_;
  metrics::Registry registry_;
  Metrics metrics_{registry_, Lane::kMeasurement};
  QuarantineMover mover_{source_, store_, routes_, metrics_};
};

TEST_F(Mover, CarriesAnEntryWithWhoseItIs) {
  Quarantine("bp-1", "value_out_of_range");
  ASSERT_TRUE(Once().ok());
  ASSERT_EQ(store_.rows.size(), 1u);
  EXPECT_EQ(store_.rows[0].record.id(), "03-1-0");
  EXPECT_EQ(store_.rows[0].principal, "1480");
  EXPECT_EQ(store_.rows[0].unit, "care-1480-1");
  EXPECT_EQ(store_.rows[0].owner, "1480");
  EXPECT_EQ(source_.committed.ms, 1u);
}

TEST_F(Mover, WhoAnsweredWhenItWasProducedMayLookAtIt) {
  registry::v1::Route route = *routes_.Find("bp-1");
  auto& later = *route.mutable_assignments(0)->add_responsibilities();
  later = route.assignments(0).responsibilities(0);
  later.mutable_since()->set_seconds(1'771'305'000);
  later.set_unit("care-1480-2");
  routes_.Apply(true, {route}, 8);
  Quarantine("bp-1", "value_out_of_range");
  ASSERT_TRUE(Once().ok());
  EXPECT_EQ(store_.rows[0].unit, "care-1480-1");
}

TEST_F(Mover, WhatIsInDoubtIsSeenByTheOwnerOfTheDeviceAlone) {
  Quarantine("bp-1", "time_in_doubt", "");
  ASSERT_TRUE(Once().ok());
  EXPECT_EQ(store_.rows[0].unit + store_.rows[0].principal, "");
  EXPECT_EQ(store_.rows[0].owner, "1480");
}

TEST_F(Mover, WhatNobodyOwnsBelongsToNobody) {
  Quarantine("stranger", "no_assignment");
  ASSERT_TRUE(Once().ok());
  EXPECT_EQ(store_.rows[0].principal + store_.rows[0].unit + store_.rows[0].owner, "");
}

TEST_F(Mover, WithoutPostgresEntriesWaitInTheLogAndComeOnce) {
  Quarantine("bp-1", "a");
  ASSERT_TRUE(mover_.Renew().ok());
  store_.fail = absl::UnavailableError("no PostgreSQL");
  EXPECT_FALSE(mover_.Move({}).ok());
  EXPECT_FALSE(Once().ok());
  Quarantine("bp-1", "b");
  store_.fail = absl::OkStatus();
  ASSERT_TRUE(Once().ok());
  ASSERT_TRUE(Once().ok());
  EXPECT_THAT(Reasons(), ElementsAre("a", "b"));
}

TEST_F(Mover, ANewMoverGoesOnWhereTheOldOneStood) {
  Quarantine("bp-1", "a");
  ASSERT_TRUE(Once().ok());
  Quarantine("bp-1", "b");
  QuarantineMover next(source_, store_, routes_, metrics_);
  ASSERT_TRUE(next.Renew().ok());
  ASSERT_TRUE(next.Move({}).ok());
  EXPECT_THAT(Reasons(), ElementsAre("a", "b"));
}

TEST_F(Mover, AnEntryThatCannotBeReadIsCarriedAsItIs) {
  source_.Add("\xff\xff");
  ASSERT_TRUE(Once().ok());
  EXPECT_THAT(Reasons(), ElementsAre("unreadable"));
  EXPECT_EQ(store_.rows[0].record.payload(), "\xff\xff");
}

}  // namespace
}  // namespace nara::ingest
