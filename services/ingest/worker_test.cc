#include "ingest/worker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <thread>

#include "common/mqtt/topics.h"
#include "ingest/server_counters.h"
#include "ingest/testing/worker_rig.h"
#include "nara/ingest/v1/ingest.pb.h"

namespace nara::ingest {
namespace {

using nara::ingest::v1::Quarantined;
using nara::telemetry::v1::LogRecord;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Pair;
using ::testing::SizeIs;

class WorkerTest : public testing::WorkerRig {
 protected:
  WorkerTest() { Restart(); }

  void Publish(const std::string& json, const std::string& topic = BuildTopic(TopicKind::kUpJson, "bp-1")) {
    ASSERT_TRUE(inbox_->Append({clock_.Now(), in_doubt_}, topic, json).ok());
  }
  void PublishGood(int seq) { Publish(Good(seq)); }
  static std::string GuardTopic(const std::string& lane, const std::string& what) {
    return absl::StrCat("nara/v1/guard/refused/", lane, "/", ShardText(ShardOf("bp-1")), "/bp-1/", what);
  }
  std::vector<std::pair<std::string, std::int64_t>> Heard() {
    clock_.Advance(absl::Seconds(5));
    auto heard = contacts_.Take(ShardOf("bp-1"), clock_.Monotonic()).heard;
    for (const auto& other : contacts_.Take(ShardOf("unknown-1"), clock_.Monotonic()).heard) heard.push_back(other);
    return heard;
  }

  bool in_doubt_ = false;  // our clock, when a frame arrives
};

TEST_F(WorkerTest, AppendsAnswersAndReleases) {
  PublishGood(1);
  worker_->Round();
  EXPECT_EQ(Appended(), 1u);
  ASSERT_THAT(link_.receipts, SizeIs(1));
  EXPECT_EQ(link_.receipts[0].device, "bp-1");
  EXPECT_EQ(link_.receipts[0].encoding, Encoding::kJson);
  EXPECT_EQ(link_.receipts[0].receipt.through(), 1u);
  EXPECT_EQ(inbox_->used(), 0u);
}

TEST_F(WorkerTest, WhoSaysSomethingIsHeardAtItsArrivalWhateverBecomesOfIt) {
  const absl::Time at = clock_.Now();
  Publish("{");
  clock_.Advance(absl::Minutes(1));
  worker_->Round();
  EXPECT_THAT(Heard(), ElementsAre(Pair("bp-1", absl::ToUnixMillis(at))));
  Publish("{}", BuildTopic(TopicKind::kUpJson, "unknown-1"));
  worker_->Round();
  EXPECT_THAT(Heard(), IsEmpty()) << "the registry does not know it";
}

TEST_F(WorkerTest, ABirthIsAContactAndALastWillIsNone) {
  Publish(R"({"online":true})", BuildTopic(TopicKind::kStatus, "bp-1"));
  worker_->Round();
  EXPECT_THAT(Heard(), SizeIs(1));
  Publish(R"({"online":false})", BuildTopic(TopicKind::kStatus, "bp-1"));
  worker_->Round();
  const ContactBook::News news = contacts_.Take(ShardOf("bp-1"), clock_.Monotonic());
  EXPECT_THAT(news.heard, IsEmpty());
  EXPECT_THAT(news.lost, ElementsAre(Pair("bp-1", absl::ToUnixMillis(clock_.Now()))));
}

TEST_F(WorkerTest, TakesManyUplinksInOneRound) {
  for (int seq = 1; seq <= 50; ++seq) PublishGood(seq);
  worker_->Round();
  EXPECT_EQ(Appended(), 50u);
  EXPECT_EQ(log_.rounds, 1);
  EXPECT_THAT(link_.receipts, SizeIs(1)) << "the first at once, the rest within 20 ms";
  clock_.Advance(absl::Milliseconds(20));
  worker_->Round();
  ASSERT_THAT(link_.receipts, SizeIs(2));
  EXPECT_EQ(link_.receipts[1].receipt.through(), 50u);
}

TEST_F(WorkerTest, WithoutRedisNothingIsReceiptedOrReleasedAndAllOfItComesLater) {
  PublishGood(1);
  log_.fail = absl::UnavailableError("no Redis");
  worker_->Round();
  PublishGood(2);
  for (int i = 0; i < 5; ++i) {
    clock_.Advance(absl::Seconds(1));
    worker_->Round();
  }
  EXPECT_THAT(link_.receipts, IsEmpty());
  EXPECT_EQ(inbox_->released(), 0u);
  log_.fail = absl::OkStatus();
  for (int i = 0; i < 3; ++i) {
    clock_.Advance(absl::Seconds(1));
    worker_->Round();
  }
  EXPECT_EQ(Appended(), 2u);
  EXPECT_EQ(inbox_->used(), 0u);
}

TEST_F(WorkerTest, SaysWhyNothingIsTaken) {
  PublishGood(1);
  worker_->Round();
  EXPECT_FALSE(worker_->stalled());
  PublishGood(2);
  for (const absl::Status& failure : {absl::ResourceExhaustedError("no memory"), absl::UnavailableError("no Redis")}) {
    log_.fail = failure;
    clock_.Advance(absl::Seconds(1));
    worker_->Round();
    EXPECT_TRUE(worker_->stalled());
  }
  for (const std::string reason : {"memory", "log"}) {
    EXPECT_THAT(registry_.Text(),
                HasSubstr("nara_ingest_append_failures_total{lane=\"measurement\",reason=\"" + reason + "\"} 1"));
  }
  log_.fail = absl::OkStatus();
  clock_.Advance(absl::Seconds(1));
  worker_->Round();
  EXPECT_FALSE(worker_->stalled());
}

TEST_F(WorkerTest, PausesLongerAfterEachFailure) {
  PublishGood(1);
  worker_->Round();
  log_.fail = absl::UnavailableError("no Redis");
  PublishGood(2);
  absl::Duration last = absl::ZeroDuration();
  for (int i = 0; i < 4; ++i) {
    const absl::Duration pause = worker_->Round();
    EXPECT_GT(pause, last);
    last = pause;
    clock_.Advance(pause);
  }
}

TEST_F(WorkerTest, ACrashBetweenAppendAndReleaseCountsOnce) {
  PublishGood(1);
  const std::uint64_t before = inbox_->released();
  worker_->Round();
  inbox_.reset();
  std::filesystem::remove(options_.dir + "/released");
  inbox_ = *Inbox::Open(options_);
  ASSERT_EQ(inbox_->released(), before) << "the watermark was not saved";
  Restart();
  worker_->Round();
  EXPECT_EQ(Appended(), 1u);
  ASSERT_THAT(link_.receipts, SizeIs(2)) << "the receipt is sent again";
  EXPECT_EQ(link_.receipts[1].receipt.through(), 1u);
}

TEST_F(WorkerTest, ABadFrameNeverStopsTheNextGoodOne) {
  for (const std::string& bad : {std::string("{"), std::string(70'000, 'x'), std::string("\0\0", 2),
                                 std::string(R"({"records":[{"kind":"x"}]})")}) {
    Publish(bad);
  }
  Publish("x", "nara/v1/99/bp-1/up");
  Publish("x", "nara/v1/07/UPPER/up");
  Publish("x", "elsewhere");
  Publish("x", "nara/v1/07/bp-1/down");
  Publish("not a status", BuildTopic(TopicKind::kStatus, "bp-1"));
  PublishGood(1);
  worker_->Round();
  clock_.Advance(absl::Seconds(1));
  worker_->Round();
  EXPECT_EQ(Appended(), 1u);
  EXPECT_EQ(inbox_->used(), 0u);
  EXPECT_THAT(log_.Entries<Quarantined>(AppendTo::kQuarantineLog), SizeIs(5));
}

TEST_F(WorkerTest, AWrongShardIsQuarantinedUnderItsReason) {
  Publish("{}", absl::StrCat("nara/v1/", ShardText((ShardOf("bp-1") + 1) % kShardCount), "/bp-1/up/json"));
  worker_->Round();
  const auto entries = log_.Entries<Quarantined>(AppendTo::kQuarantineLog);
  ASSERT_THAT(entries, SizeIs(1));
  EXPECT_EQ(entries[0].reason(), "wrong_topic");
}

TEST_F(WorkerTest, TheDoubtAboutOurClockComesWithTheFrameNotWithTheRound) {
  in_doubt_ = true;
  PublishGood(1);
  in_doubt_ = false;
  PublishGood(2);
  worker_->Round();
  const auto records = log_.Entries<LogRecord>(AppendTo::kMeasurementLog);
  ASSERT_THAT(records, SizeIs(2));
  EXPECT_THAT(records[0].flags(), Contains(nara::telemetry::v1::FLAG_TIME_UNCHECKED));
  EXPECT_THAT(records[1].flags(), Not(Contains(nara::telemetry::v1::FLAG_TIME_UNCHECKED)));
}

TEST_F(WorkerTest, WhatTheGuardRefusedIsKeptAndHasBeenAnswered) {
  Publish("{}", GuardTopic("measurement", "publish/other_device"));
  PublishGood(1);
  worker_->Round();
  const auto entries = log_.Entries<Quarantined>(AppendTo::kQuarantineLog);
  ASSERT_THAT(entries, SizeIs(1));
  EXPECT_EQ(entries[0].device(), "bp-1");
  EXPECT_EQ(entries[0].reason(), "topic_denied");
  EXPECT_EQ(entries[0].detail(), "the MQTT server refused a publish to a topic of another device");
  EXPECT_EQ(entries[0].disposition(), nara::ingest::v1::DISPOSITION_REJECTED);
  EXPECT_EQ(entries[0].payload(), "{}");
  EXPECT_EQ(Appended(), 1u);
  ASSERT_THAT(link_.receipts, SizeIs(1));
  EXPECT_EQ(link_.receipts[0].receipt.through(), 1u) << "a refusal at the door counts for no sequence";
  EXPECT_THAT(log_.Entries<LogRecord>(AppendTo::kAlarmLog), IsEmpty());
  EXPECT_THAT(registry_.Text(), HasSubstr(R"(nara_ingest_rejected_total{lane="measurement",reason="topic_denied"} 1)"));
}

TEST_F(WorkerTest, AnAlarmThatTheGuardRefusedTellsSomebodyOnce) {
  for (const std::string reason : {"wrong_shard", "retained", "other_device"}) {
    Publish("{}", GuardTopic("alarm", "publish/" + reason));
  }
  worker_->Round();
  EXPECT_THAT(log_.Entries<Quarantined>(AppendTo::kQuarantineLog), SizeIs(3));
  const auto alarms = log_.Entries<LogRecord>(AppendTo::kAlarmLog);
  ASSERT_THAT(alarms, SizeIs(1));
  EXPECT_EQ(alarms[0].record().kind(), kQuarantinedKind);
  EXPECT_EQ(alarms[0].record().episode(), "topic_denied");
}

TEST_F(WorkerTest, AnIdentityThatIsUsedFromTwoPlacesTellsSomebody) {
  Publish("192.0.2.0/24 198.51.100.0/24",
          absl::StrCat("nara/v1/guard/two_places/", ShardText(ShardOf("bp-1")), "/bp-1"));
  worker_->Round();
  const auto entries = log_.Entries<Quarantined>(AppendTo::kQuarantineLog);
  ASSERT_THAT(entries, SizeIs(1));
  EXPECT_EQ(entries[0].reason(), "two_places");
  const auto alarms = log_.Entries<LogRecord>(AppendTo::kAlarmLog);
  ASSERT_THAT(alarms, SizeIs(1));
  EXPECT_EQ(alarms[0].record().kind(), kQuarantinedKind);
  EXPECT_EQ(alarms[0].record().episode(), "two_places");
  EXPECT_THAT(link_.receipts, IsEmpty());
  EXPECT_THAT(registry_.Text(), HasSubstr(R"(reason="two_places"} 1)"));
}

TEST_F(WorkerTest, ADeviceThatFloodsTellsSomebody) {
  Publish("31234", absl::StrCat("nara/v1/guard/flood/", ShardText(ShardOf("bp-1")), "/bp-1"));
  worker_->Round();
  const auto entries = log_.Entries<Quarantined>(AppendTo::kQuarantineLog);
  ASSERT_THAT(entries, SizeIs(1));
  EXPECT_EQ(entries[0].reason(), "flood");
  const auto alarms = log_.Entries<LogRecord>(AppendTo::kAlarmLog);
  ASSERT_THAT(alarms, SizeIs(1));
  EXPECT_EQ(alarms[0].record().episode(), "flood");
  EXPECT_THAT(link_.receipts, IsEmpty());
  EXPECT_THAT(registry_.Text(), HasSubstr(R"(reason="flood"} 1)"));
}

TEST_F(WorkerTest, AServerThatDropsMessagesTellsSomebodyAndIsNoDevice) {
  Publish("", kServerDroppedTopic);
  worker_->Round();
  EXPECT_THAT(log_.Entries<Quarantined>(AppendTo::kQuarantineLog), IsEmpty());
  const auto alarms = log_.Entries<LogRecord>(AppendTo::kAlarmLog);
  ASSERT_THAT(alarms, SizeIs(1));
  EXPECT_EQ(alarms[0].device(), kServerDevice);
  EXPECT_EQ(alarms[0].record().kind(), kServerDropped);
  EXPECT_THAT(link_.receipts, IsEmpty());
}

TEST_F(WorkerTest, WhatIsOverADevicesLimitGetsNoReceiptAndIsTakenWhenItComesAgain) {
  Restart({.device_limits = {.measurements = {2, 1}}});
  for (int seq = 1; seq <= 4; ++seq) PublishGood(seq);
  worker_->Round();
  EXPECT_EQ(Appended(), 2u);
  ASSERT_THAT(link_.receipts, SizeIs(1));
  EXPECT_EQ(inbox_->used(), 0u);
  EXPECT_THAT(registry_.Text(), HasSubstr(R"(nara_ingest_records_total{lane="measurement",result="over_limit"} 2)"));
  clock_.Advance(absl::Seconds(2));
  for (int seq = 3; seq <= 4; ++seq) PublishGood(seq);
  worker_->Round();
  EXPECT_EQ(Appended(), 4u);
  EXPECT_EQ(link_.receipts.back().receipt.through(), 4u);
  EXPECT_THAT(link_.receipts.back().receipt.rejected(), IsEmpty());
}

TEST_F(WorkerTest, QuarantineShowsOnceWhoIsOverTheLimit) {
  Restart({.device_limits = {.measurements = {1, 1}}});
  for (int seq = 1; seq <= 9; ++seq) PublishGood(seq);
  worker_->Round();
  const auto entries = log_.Entries<Quarantined>(AppendTo::kQuarantineLog);
  ASSERT_THAT(entries, SizeIs(1));
  EXPECT_EQ(entries[0].reason(), "over_limit");
  EXPECT_THAT(entries[0].payload(), IsEmpty()) << "the device still has the record";
  EXPECT_THAT(log_.Entries<LogRecord>(AppendTo::kAlarmLog), IsEmpty());
}

TEST_F(WorkerTest, OnTheAlarmLaneSomebodyIsToldToo) {
  Restart({.device_limits = {.alarms = {1, 1}}});
  for (const char* payload : {"{", "{{", "{{{"}) Publish(payload, BuildTopic(TopicKind::kAlarmJson, "bp-1"));
  worker_->Round();
  const auto alarms = log_.Entries<LogRecord>(AppendTo::kAlarmLog);
  ASSERT_THAT(alarms, SizeIs(2));
  EXPECT_EQ(alarms[0].record().episode(), "unreadable");
  EXPECT_EQ(alarms[1].record().episode(), "over_limit");
  EXPECT_THAT(link_.receipts, SizeIs(1));
}

TEST_F(WorkerTest, AnAlarmAmongTheMeasurementsIsNotHeldBackByThem) {
  routes_.Apply(true, {testing::RouteOf("bp-1", "evondos", 0)}, 8);
  Restart({.device_limits = {.measurements = {1, 1}, .alarms = {2, 1}}});
  const auto missed = [this](int seq) {
    Publish(absl::StrCat(R"({"epoch":"1","from":1,"records":[{"seq":)", seq,
                         R"(,"kind":"dose_missed","episode":"dose-)", seq, "\"}]}"));
  };
  PublishGood(1);
  PublishGood(2);
  for (int seq = 3; seq <= 5; ++seq) missed(seq);
  worker_->Round();
  EXPECT_THAT(log_.Entries<LogRecord>(AppendTo::kAlarmLog), SizeIs(2)) << "and they have a cap of their own";
}

TEST_F(WorkerTest, WhatTheGuardTellsIsNotLimited) {
  Restart({.device_limits = {.measurements = {1, 1}, .alarms = {1, 1}}});
  for (const char* reason : {"topic", "retained", "wrong_shard"}) {
    Publish("{}", GuardTopic("alarm", absl::StrCat("publish/", reason)));
  }
  worker_->Round();
  EXPECT_THAT(log_.Entries<Quarantined>(AppendTo::kQuarantineLog), SizeIs(3));
}

TEST_F(WorkerTest, BeforeTheRoutesAreThereItWaits) {
  RouteTable empty;
  JobSource source(empty, judge_, metrics_, contacts_);
  const WorkerDeps deps{source, log_, link_, contacts_, tokens_, clock_, metrics_, {}};
  Worker worker({}, deps, {{ShardOf("bp-1"), inbox_.get()}});
  PublishGood(1);
  EXPECT_GT(worker.Round(), absl::ZeroDuration());
  EXPECT_EQ(log_.rounds, 0);
  empty.Apply(true, {testing::RouteOf("bp-1", "bp-meter", 0)}, 7);
  worker.Round();
  EXPECT_EQ(Appended(), 1u);
}

TEST_F(WorkerTest, AnOldTokenIsReported) {
  PublishGood(1);
  worker_->Round();
  PublishGood(2);
  log_.fail = absl::AbortedError("old token");
  worker_->Round();
  EXPECT_EQ(lost_, ShardOf("bp-1"));
}

TEST_F(WorkerTest, SubmitAnswersWithTheReceiptWhenItIsDurable) {
  std::jthread runner([this](std::stop_token stop) { worker_->Run(stop); });
  nara::telemetry::v1::Uplink uplink;
  uplink.set_epoch(5);
  auto& record = *uplink.add_records();
  record.set_seq(1);
  record.set_kind("nonsense");
  auto receipt =
      worker_->Submit({"bp-1", Lane::kMeasurement, Encoding::kProtobuf, clock_.Now()}, uplink, absl::Seconds(10));
  ASSERT_TRUE(receipt.ok()) << receipt.status();
  EXPECT_EQ(receipt->through(), 1u);
  EXPECT_EQ(receipt->rejected(0).reason(), "unknown_kind");
}

TEST_F(WorkerTest, SubmitSaysWhenADeviceHasSentTooMuch) {
  Restart({.device_limits = {.measurements = {1, 1}}});
  std::jthread runner([this](std::stop_token stop) { worker_->Run(stop); });
  nara::telemetry::v1::Uplink uplink;
  uplink.add_records()->set_kind("x");
  const auto submit = [&] {
    return worker_->Submit({"bp-1", Lane::kMeasurement, Encoding::kProtobuf, clock_.Now()}, uplink, absl::Seconds(10))
        .status();
  };
  EXPECT_TRUE(submit().ok());
  EXPECT_TRUE(absl::IsResourceExhausted(submit()));
  clock_.Advance(absl::Seconds(1));
  EXPECT_TRUE(submit().ok());
}

TEST_F(WorkerTest, SubmitSaysWhenRedisDoesNotAnswer) {
  log_.fail = absl::UnavailableError("no Redis");
  nara::telemetry::v1::Uplink uplink;
  uplink.add_records()->set_kind("x");
  const auto submit = [&] {
    return worker_
        ->Submit({"bp-1", Lane::kMeasurement, Encoding::kProtobuf, clock_.Now()}, uplink, absl::Milliseconds(1))
        .status();
  };
  EXPECT_TRUE(absl::IsDeadlineExceeded(submit()));
  worker_->Round();
  EXPECT_TRUE(absl::IsUnavailable(submit())) << "nobody waits for what is known to be away";
  log_.fail = absl::OkStatus();
  clock_.Advance(absl::Seconds(1));
  worker_->Round();
  EXPECT_TRUE(absl::IsDeadlineExceeded(submit())) << "taken again; nobody runs the rounds here";
}

}  // namespace
}  // namespace nara::ingest
