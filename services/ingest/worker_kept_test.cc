// A worker when another Redis goes on with the logs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "common/mqtt/topics.h"
#include "ingest/testing/worker_rig.h"
#include "nara/ingest/v1/ingest.pb.h"

namespace nara::ingest {
namespace {

using nara::ingest::v1::Quarantined;
using nara::telemetry::v1::LogRecord;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class KeepingWorker : public testing::WorkerRig {
 protected:
  KeepingWorker() : WorkerRig({.keep = absl::Seconds(60), .keep_bytes = 1 << 20}) {
    Restart({.keep_submits = absl::Seconds(60)});
  }

  void Publish(const std::string& json, TopicKind topic = TopicKind::kUpJson) {
    ASSERT_TRUE(inbox_->Append({clock_.Now()}, BuildTopic(topic, "bp-1"), json).ok());
  }
  void PublishGood(int seq, int from = 1) { Publish(Good(seq, from)); }

  // What another Redis is missing, and what it knows.
  void ExpectRepeats(int missing, int known) {
    EXPECT_THAT(registry_.Text(), HasSubstr(absl::StrCat(kRepeats, "known\"} ", known)));
    EXPECT_THAT(registry_.Text(), HasSubstr(absl::StrCat(kRepeats, "missing\"} ", missing)));
  }

  static constexpr char kRepeats[] = "nara_ingest_repeats_total{lane=\"measurement\",result=\"";
};

TEST_F(KeepingWorker, AppendsAgainWhatAnotherRedisLacksBeforeAnythingNew) {
  PublishGood(1);
  PublishGood(2);
  worker_->Round();
  const std::size_t receipts = link_.receipts.size();
  log_.TakeOver(0);
  // The device has its receipts, and keeps nothing before 3: the log would not wait for what it lacks.
  PublishGood(3, 3);
  worker_->Round();
  worker_->Round();
  worker_->Round();
  EXPECT_EQ(Appended(), 3u);
  ExpectRepeats(2, 0);
  clock_.Advance(absl::Milliseconds(20));
  worker_->Round();
  EXPECT_EQ(link_.receipts.back().receipt.through(), 3u);
  EXPECT_LE(link_.receipts.size(), receipts + 2) << "none for what had one";
  EXPECT_EQ(inbox_->used(), 0u);
}

TEST_F(KeepingWorker, AppendsAgainAlsoWhenNothingComes) {
  PublishGood(1);
  worker_->Round();
  log_.TakeOver(0);
  clock_.Advance(absl::Seconds(1));
  worker_->Round();
  worker_->Round();
  EXPECT_EQ(Appended(), 1u);
  ExpectRepeats(1, 0);
}

TEST_F(KeepingWorker, WhatTheOtherRedisHasIsADuplicateWithoutAReceipt) {
  PublishGood(1);
  worker_->Round();
  clock_.Advance(absl::Seconds(1));
  log_.changed = true;
  worker_->Round();
  worker_->Round();
  EXPECT_EQ(Appended(), 1u);
  EXPECT_THAT(link_.receipts, SizeIs(1));
  ExpectRepeats(0, 1);
}

TEST_F(KeepingWorker, WhatIsOlderThanItIsKeptIsNotAppendedAgain) {
  PublishGood(1);
  worker_->Round();
  clock_.Advance(absl::Seconds(61));
  worker_->Round();
  clock_.Advance(absl::Seconds(1));
  log_.changed = true;
  worker_->Round();
  worker_->Round();
  ExpectRepeats(0, 0);
}

TEST_F(KeepingWorker, WhatADeviceSaidOfItselfIsNotTakenAgain) {
  Publish(R"({"online":true})", TopicKind::kStatus);
  worker_->Round();
  const std::string before = registry_.Text();
  log_.changed = true;
  clock_.Advance(absl::Seconds(1));
  worker_->Round();
  worker_->Round();
  EXPECT_EQ(registry_.Text(), before);
}

TEST_F(KeepingWorker, WhatCameAsAMessageIsAppendedAgainForATime) {
  {
    std::jthread runner([this](std::stop_token stop) { worker_->Run(stop); });
    nara::telemetry::v1::Uplink uplink;
    uplink.add_records()->set_kind("nonsense");
    const Origin origin{"bp-1", Lane::kMeasurement, Encoding::kProtobuf, clock_.Now()};
    ASSERT_TRUE(worker_->Submit(origin, uplink, absl::Seconds(10)).ok());
  }
  const auto quarantined = [this] { return log_.Entries<Quarantined>(AppendTo::kQuarantineLog).size(); };
  log_.TakeOver(0);
  clock_.Advance(absl::Seconds(60));
  worker_->Round();
  EXPECT_EQ(quarantined(), 1u);
  clock_.Advance(absl::Seconds(1));
  worker_->Round();
  log_.TakeOver(0);
  clock_.Advance(absl::Seconds(1));
  worker_->Round();
  EXPECT_EQ(quarantined(), 0u) << "it has not been kept";
}

}  // namespace
}  // namespace nara::ingest
