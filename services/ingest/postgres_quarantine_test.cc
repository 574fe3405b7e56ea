// Quarantine at rest on a real PostgreSQL.
#include "ingest/postgres_quarantine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/testing/servers.h"

namespace nara::ingest {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using What = ReplayAnswer::What;

constexpr char kHolder[] = "test";

class PostgresQuarantineTest : public ::testing::Test {
 protected:
  void SetUp() override {
    postgres_ = nara::testing::PostgresServer::Start().value();
    ASSERT_TRUE(postgres_->CreateOwner("nara_ingest", "ingest").ok());
    options_.conninfo = postgres_->conninfo("nara_ingest");
    options_.schema = "ingest";
    ASSERT_TRUE(PrepareSchema(options_).ok());
    shelf_ = std::make_unique<PostgresQuarantineShelf>(options_);
  }

  static QuarantineRow RowOf(int number, v1::Disposition disposition = v1::DISPOSITION_HELD,
                             const std::string& device = "bp-1") {
    QuarantineRow row;
    row.record.set_id(absl::StrCat("03-", number, "-0"));
    row.record.set_device(device);
    row.record.set_lane(nara::telemetry::v1::LANE_MEASUREMENT);
    row.record.set_seq(static_cast<std::uint64_t>(number));
    row.record.set_reason("no_assignment");
    row.record.set_disposition(disposition);
    row.record.mutable_received_at()->set_seconds(1'771'310'000 + number);
    row.record.mutable_sent()->set_seconds(1'771'300'000);
    row.record.set_clock_in_doubt(true);
    row.record.set_payload("p");
    return row;
  }
  void Store(const std::vector<QuarantineRow>& rows, int per_device = 2000) {
    PostgresQuarantineStore store(options_, kHolder, per_device);
    const auto leases = store.Acquire();
    ASSERT_TRUE(leases.ok()) << leases.status();
    const ShardLease& lease = leases->at(3);
    const absl::Status stored = store.Store(rows, {lease, absl::StrCat("1-", ++position_)});
    ASSERT_TRUE(stored.ok()) << stored;
  }

  // Replays what is held of bp-1; `what` becomes of all.
  absl::StatusOr<ReplayOutcome> Replay(What what, const std::vector<std::string>& ids = {}) {
    return shelf_->Replay({"bp-1", Lane::kMeasurement, ids}, {"admin", ""}, [&](std::vector<QuarantineRow> held) {
      std::vector<ReplayAnswer> answers;
      for (const QuarantineRow& row : held) {
        taken_.push_back(row);
        answers.push_back({row.record.id(), what, {"value_out_of_range", "why"}});
      }
      return absl::StatusOr<std::vector<ReplayAnswer>>(std::move(answers));
    });
  }
  std::vector<std::string> Listed(bool with_settled) {
    QuarantineQuery query;
    query.with_settled = with_settled;
    const auto page = shelf_->List(query, Scope{.all = true});
    EXPECT_TRUE(page.ok()) << page.status();
    std::vector<std::string> listed;
    for (const auto& record : page->records) {
      listed.push_back(absl::StrCat(record.id(), " ", v1::Settlement_Name(record.settlement())));
    }
    return listed;
  }
  static std::vector<std::string> Ids(const std::vector<QuarantineRow>& rows) {
    std::vector<std::string> ids;
    for (const QuarantineRow& row : rows) ids.push_back(row.record.id());
    return ids;
  }

  std::unique_ptr<nara::testing::PostgresServer> postgres_;
  PostgresOptions options_;
  std::unique_ptr<PostgresQuarantineShelf> shelf_;
  std::vector<QuarantineRow> taken_;
  int position_ = 0;
};

TEST_F(PostgresQuarantineTest, WhatIsReplayedIsSettledAndLeavesTheList) {
  Store({RowOf(1), RowOf(2), RowOf(3, v1::DISPOSITION_REJECTED), RowOf(4, v1::DISPOSITION_HELD, "bp-2")});
  ASSERT_TRUE(Replay(What::kReplayed).ok());
  EXPECT_THAT(Ids(taken_), ElementsAre("03-1-0", "03-2-0")) << "what is held of the device, by arrival";
  EXPECT_EQ(taken_[0].record.payload(), "p");
  EXPECT_EQ(taken_[0].record.sent().seconds(), 1'771'300'000);
  EXPECT_TRUE(taken_[0].record.clock_in_doubt());
  EXPECT_THAT(Listed(false), ElementsAre("03-4-0 SETTLEMENT_UNSPECIFIED", "03-3-0 SETTLEMENT_UNSPECIFIED"));
  EXPECT_THAT(Listed(true), ElementsAre("03-4-0 SETTLEMENT_UNSPECIFIED", "03-3-0 SETTLEMENT_UNSPECIFIED",
                                        "03-2-0 SETTLEMENT_REPLAYED", "03-1-0 SETTLEMENT_REPLAYED"));
  EXPECT_EQ(Replay(What::kReplayed)->answers.size(), 0u) << "once";
}

TEST_F(PostgresQuarantineTest, SomeMayBeReplayedAlone) {
  Store({RowOf(1), RowOf(2), RowOf(3, v1::DISPOSITION_HELD, "bp-2")});
  ASSERT_TRUE(Replay(What::kReplayed, {"03-2-0", "03-3-0", "none"}).ok());
  EXPECT_THAT(Ids(taken_), ElementsAre("03-2-0")) << "another device's is not taken along";
}

TEST_F(PostgresQuarantineTest, WhatStaysSaysWhy) {
  Store({RowOf(1)});
  ASSERT_TRUE(Replay(What::kHeld).ok());
  EXPECT_EQ(shelf_->Get("03-1-0")->record.reason(), "value_out_of_range");
  EXPECT_EQ(shelf_->Get("03-1-0")->record.disposition(), v1::DISPOSITION_HELD);
  ASSERT_TRUE(Replay(What::kRejected).ok());
  EXPECT_EQ(shelf_->Get("03-1-0")->record.disposition(), v1::DISPOSITION_REJECTED);
  EXPECT_EQ(Replay(What::kReplayed)->answers.size(), 0u) << "what is rejected is never delivered";
}

TEST_F(PostgresQuarantineTest, WhatCouldNotBeDeliveredStaysAsItWas) {
  Store({RowOf(1)});
  const auto failed = shelf_->Replay({"bp-1", Lane::kMeasurement, {}}, {"admin", ""}, [](std::vector<QuarantineRow>) {
    return absl::StatusOr<std::vector<ReplayAnswer>>(absl::UnavailableError("no Redis"));
  });
  EXPECT_TRUE(absl::IsUnavailable(failed.status()));
  EXPECT_EQ(Replay(What::kReplayed)->answers.size(), 1u);
}

TEST_F(PostgresQuarantineTest, OfManyReplaysAtOnceOneDeliversAnEntry) {
  Store({RowOf(1)});
  std::atomic<int> delivered = 0;
  std::vector<std::jthread> callers;
  for (int i = 0; i < 4; ++i) {
    callers.emplace_back([&] {
      const auto outcome = shelf_->Replay({"bp-1", Lane::kMeasurement, {}}, {"admin", ""}, [&](auto held) {
        delivered += static_cast<int>(held.size());
        std::vector<ReplayAnswer> answers;
        for (const QuarantineRow& row : held) answers.push_back({row.record.id(), What::kReplayed, {}});
        return absl::StatusOr<std::vector<ReplayAnswer>>(std::move(answers));
      });
      EXPECT_TRUE(outcome.ok()) << outcome.status();
    });
  }
  callers.clear();
  EXPECT_EQ(delivered, 1);
}

TEST_F(PostgresQuarantineTest, ACallTakesAThousandAndSaysThatThereAreMore) {
  std::vector<QuarantineRow> rows;
  for (int i = 1; i <= 1001; ++i) rows.push_back(RowOf(i));
  Store(rows);
  const auto first = Replay(What::kReplayed);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_TRUE(first->more);
  EXPECT_EQ(first->answers.size(), 1000u);
  const auto second = Replay(What::kReplayed);
  EXPECT_FALSE(second->more);
  EXPECT_EQ(second->answers.size(), 1u);
}

TEST_F(PostgresQuarantineTest, WhatIsDiscardedKeepsNoPayloadAndIsNeverReplayed) {
  Store({RowOf(1), RowOf(2, v1::DISPOSITION_REJECTED)});
  EXPECT_THAT(*shelf_->Discard({"03-1-0", "03-2-0", "none"}, {"admin", "a test"}),
              ::testing::UnorderedElementsAre("03-1-0", "03-2-0"));
  EXPECT_THAT(*shelf_->Discard({"03-1-0"}, {"admin", "again"}), IsEmpty());
  EXPECT_EQ(shelf_->Get("03-1-0")->record.payload(), "");
  EXPECT_EQ(Replay(What::kReplayed)->answers.size(), 0u);
  EXPECT_THAT(Listed(false), IsEmpty());
}

TEST_F(PostgresQuarantineTest, EachDecisionIsAudited) {
  Store({RowOf(1), RowOf(2)});
  ASSERT_TRUE(Replay(What::kReplayed, {"03-1-0"}).ok());
  ASSERT_TRUE(shelf_->Discard({"03-2-0"}, {"chef", "a test"}).ok());
  ASSERT_TRUE(shelf_->Audit("03-1-0", "care").ok());
  const auto connection = PostgresConnection::Connect(options_);
  const auto rows =
      (*connection)->Execute("select id || caller || action || reason as line from quarantine_audit order by 1");
  ASSERT_TRUE(rows.ok()) << rows.status();
  std::vector<std::string> lines;
  for (const Row& row : *rows) lines.push_back(row.String("line"));
  EXPECT_THAT(lines, ElementsAre("03-1-0adminreplay", "03-1-0carelook", "03-2-0chefdiscarda test"));
}

TEST_F(PostgresQuarantineTest, WhenADeviceHasTooManyWhatIsHeldStaysLongest) {
  Store({RowOf(1), RowOf(2)});
  ASSERT_TRUE(shelf_->Discard({"03-2-0"}, {"admin", "a test"}).ok());
  Store({RowOf(3, v1::DISPOSITION_REJECTED), RowOf(4, v1::DISPOSITION_REJECTED), RowOf(5)}, 3);
  EXPECT_THAT(Listed(true), ElementsAre("03-5-0 SETTLEMENT_UNSPECIFIED", "03-4-0 SETTLEMENT_UNSPECIFIED",
                                        "03-1-0 SETTLEMENT_UNSPECIFIED"));
}

}  // namespace
}  // namespace nara::ingest
