#include "ingest/replay.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "common/time/proto_time.h"
#include "ingest/testing/fakes.h"

namespace nara::ingest {
namespace {

using nara::telemetry::v1::LogRecord;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using What = ReplayAnswer::What;

constexpr std::int64_t kArrived = 1'771'310'000;
constexpr std::uint64_t kEpoch = 7;

const Catalogue& TheCatalogue() {
  static const absl::StatusOr<Catalogue> catalogue = Catalogue::Load(NARA_CATALOGUE);
  EXPECT_TRUE(catalogue.ok()) << catalogue.status();
  return *catalogue;
}

class ReplayTest : public ::testing::Test {
 protected:
  ReplayTest() {
    for (auto& token : tokens_) token = 1;
  }

  // Assigned to a1 from `start` on.
  void Assign(std::int64_t start) { routes_.Apply(true, {testing::RouteOf("bp-1", "bp-meter", start)}, ++revision_); }

  // A blood pressure as quarantine keeps it.
  static QuarantineRow Held(std::uint64_t seq, std::int64_t at, const std::string& systolic = "138") {
    nara::telemetry::v1::Record record;
    record.set_seq(seq);
    record.set_kind("blood_pressure");
    record.mutable_at()->set_seconds(at);
    for (const auto& [component, decimal] :
         {std::pair<std::string, std::string>("systolic", systolic), {"diastolic", "84"}}) {
      auto& value = *record.add_values();
      value.set_component(component);
      value.set_decimal(decimal);
    }
    QuarantineRow row;
    row.record.set_id("03-" + std::to_string(seq) + "-0");
    row.record.set_device("bp-1");
    row.record.set_epoch(kEpoch);
    row.record.set_seq(seq);
    row.record.set_reason("no_assignment");
    row.record.mutable_received_at()->set_seconds(kArrived);
    row.record.set_payload(record.SerializeAsString());
    return row;
  }
  std::vector<ReplayAnswer> Deliver(std::vector<QuarantineRow> held) {
    auto answers = replay_.Deliver(Lane::kMeasurement, std::move(held));
    EXPECT_TRUE(answers.ok()) << answers.status();
    return answers.value_or(std::vector<ReplayAnswer>{});
  }
  std::vector<std::string> Events() const {
    std::vector<std::string> events;
    for (const LogRecord& record : log_.Entries<LogRecord>(AppendTo::kMeasurementLog)) {
      events.push_back(record.event_id() + " " + record.assignment());
    }
    return events;
  }

  RouteTable routes_;
  std::uint64_t revision_ = 0;
  const Judge judge_{TheCatalogue()};
  testing::FakeLog log_;
  ShardTokens tokens_{};
  ManualClock clock_;
  Replay replay_{{routes_, judge_, log_, tokens_, clock_}};
};

TEST_F(ReplayTest, WhatCameBeforeItsAssignmentWasKnownIsDeliveredInOrder) {
  Assign(kArrived - 1000);
  const auto answers = Deliver({Held(2, kArrived - 50), Held(1, kArrived - 60)});
  ASSERT_EQ(answers.size(), 2u);
  EXPECT_EQ(answers[0].what, What::kReplayed);
  EXPECT_EQ(answers[1].what, What::kReplayed);
  EXPECT_THAT(Events(), ElementsAre("bp-1/m/0000000000000007/1 a1", "bp-1/m/0000000000000007/2 a1"))
      << "under the ids that they would have had";
  const LogRecord record = log_.Entries<LogRecord>(AppendTo::kMeasurementLog)[0];
  EXPECT_EQ(record.effective_at().seconds(), kArrived - 60);
  EXPECT_EQ(record.received_at().seconds(), kArrived) << "when it really came";
}

TEST_F(ReplayTest, ARepeatIsHarmless) {
  Assign(kArrived - 1000);
  EXPECT_EQ(Deliver({Held(1, kArrived - 60)})[0].what, What::kReplayed);
  EXPECT_EQ(Deliver({Held(1, kArrived - 60)})[0].what, What::kReplayed);
  EXPECT_EQ(Events().size(), 1u);
}

TEST_F(ReplayTest, WhatANobodysDeviceSentNeverReachesALaterResident) {
  Assign(kArrived + 10);
  for (const std::int64_t at : {kArrived - 60, kArrived + 60, kArrived + 3600}) {
    const auto answers = Deliver({Held(1, at)});
    EXPECT_EQ(answers[0].what, What::kHeld) << at;
    EXPECT_EQ(answers[0].refusal.reason, "no_assignment");
  }
  EXPECT_THAT(Events(), IsEmpty());
}

TEST_F(ReplayTest, WhatWasBeforeItsAssignmentStaysHeld) {
  Assign(kArrived - 1000);
  const auto answers = Deliver({Held(1, kArrived - 5000)});
  EXPECT_EQ(answers[0].what, What::kHeld);
  EXPECT_EQ(answers[0].refusal.reason, "time_in_doubt");
  EXPECT_THAT(Events(), IsEmpty());
}

TEST_F(ReplayTest, AResetClockTellsNothingToTheUserBefore) {
  registry::v1::Route route = testing::RouteOf("bp-1", "bp-meter", kArrived - 100'000);
  route.mutable_assignments(0)->mutable_end_at()->set_seconds(kArrived - 50'000);
  auto& running = *route.add_assignments();
  running = route.assignments(0);
  running.set_id("a2");
  running.set_resident("r2");
  running.mutable_start_at()->set_seconds(kArrived - 50'000);
  running.clear_end_at();
  routes_.Apply(true, {route}, ++revision_);
  QuarantineRow row = Held(1, kArrived - 60'000);
  EXPECT_EQ(Deliver({row})[0].what, What::kHeld) << "by the word of the device alone";
  row.record.mutable_sent()->set_seconds(kArrived - 20'000);
  EXPECT_EQ(Deliver({row})[0].what, What::kReplayed);
  EXPECT_THAT(Events(), ElementsAre("bp-1/m/0000000000000007/1 a2")) << "corrected, it is the new user's";
  row = Held(2, kArrived - 60'000);
  row.record.set_epoch(kEpoch + 1);
  row.record.mutable_sent()->set_seconds(kArrived);
  row.record.set_clock_in_doubt(true);
  EXPECT_EQ(Deliver({row})[0].what, What::kHeld);
  row.record.set_clock_in_doubt(false);
  EXPECT_EQ(Deliver({row})[0].what, What::kReplayed);
  EXPECT_EQ(Events().back(), "bp-1/m/0000000000000008/2 a1") << "by a clock that was right when it sent";
}

TEST_F(ReplayTest, AnEpochOfAnotherAssignmentStaysHeld) {
  Assign(kArrived - 1000);
  log_.bound[kEpoch] = "a0";
  const auto answers = Deliver({Held(1, kArrived - 60)});
  EXPECT_EQ(answers[0].what, What::kHeld);
  EXPECT_THAT(Events(), IsEmpty());
}

TEST_F(ReplayTest, WhatIsWrongAtASecondLookIsRejected) {
  Assign(kArrived - 1000);
  const auto answers = Deliver({Held(1, kArrived - 60, "1000"), Held(2, kArrived - 50)});
  EXPECT_EQ(answers[0].what, What::kRejected);
  EXPECT_EQ(answers[0].refusal.reason, "value_out_of_range");
  EXPECT_EQ(answers[1].what, What::kReplayed) << "the good one is not held back";
}

TEST_F(ReplayTest, AnUnknownDeviceAndADamagedEntryStayHeld) {
  routes_.Apply(true, {}, 1);
  QuarantineRow damaged = Held(2, kArrived - 50);
  damaged.record.set_payload("\xff\xff");
  const auto answers = Deliver({Held(1, kArrived - 60), damaged});
  EXPECT_EQ(answers[0].what, What::kHeld);
  EXPECT_EQ(answers[1].what, What::kHeld);
  EXPECT_EQ(answers[1].refusal.reason, "bad_record");
}

TEST_F(ReplayTest, AnotherRedisTakesItAsWell) {
  Assign(kArrived - 1000);
  log_.TakeOver(0);
  EXPECT_EQ(Deliver({Held(1, kArrived - 60)})[0].what, What::kReplayed);
  EXPECT_EQ(Events().size(), 1u);
}

TEST_F(ReplayTest, WithoutTheLogNothingIsSettled) {
  Assign(kArrived - 1000);
  log_.fail = absl::UnavailableError("no Redis");
  EXPECT_TRUE(absl::IsUnavailable(replay_.Deliver(Lane::kMeasurement, {Held(1, kArrived - 60)}).status()));
  log_.fail = absl::AbortedError("an old token");
  EXPECT_TRUE(absl::IsUnavailable(replay_.Deliver(Lane::kMeasurement, {Held(1, kArrived - 60)}).status()));
}

}  // namespace
}  // namespace nara::ingest
