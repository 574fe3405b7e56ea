#include "device_client/outbox.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "device_client/memory_storage.h"

namespace nara::device_client {
namespace {

using telemetry::v1::LANE_ALARM;
using telemetry::v1::LANE_MEASUREMENT;
using telemetry::v1::Receipt;
using telemetry::v1::Record;
using telemetry::v1::Uplink;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const absl::Time kStart = absl::FromUnixSeconds(1'770'000'000);

Record Weight(const std::string& kilograms) {
  Record record;
  record.set_kind("body_weight");
  auto* const value = record.add_values();
  value->set_component("weight");
  value->set_decimal(kilograms);
  return record;
}

// "from:seq seq seq", one string an uplink.
std::string Text(const Uplink& uplink) {
  std::string text = std::to_string(uplink.from()) + ":";
  for (const Record& record : uplink.records()) text += " " + std::to_string(record.seq());
  return text;
}

class OutboxTest : public ::testing::Test {
 protected:
  void SetUp() override { Reopen(); }

  void Reopen() {
    auto opened = Outbox::Open(LANE_MEASUREMENT, options_, storage_, [this] { return ++random_; });
    ASSERT_TRUE(opened.ok()) << opened.status();
    outbox_ = *std::move(opened);
  }

  void Put(int count) {
    for (int i = 0; i < count; ++i) ASSERT_TRUE(outbox_->Put(Weight("80.5")).ok());
  }

  std::vector<std::string> Send() {
    std::vector<std::string> sent;
    while (auto uplink = outbox_->Next(now_)) sent.push_back(Text(*uplink));
    return sent;
  }

  size_t Settle(uint64_t through) { return SettleIn(outbox_->epoch(), through); }

  size_t SettleIn(uint64_t epoch, uint64_t through) {
    Receipt receipt;
    receipt.set_lane(LANE_MEASUREMENT);
    receipt.set_epoch(epoch);
    receipt.set_through(through);
    return outbox_->Settle(receipt, now_).value_or(999);
  }

  OutboxOptions options_;
  MemoryStorage storage_;
  uint64_t random_ = 0x1000;
  std::unique_ptr<Outbox> outbox_;
  absl::Time now_ = kStart;
};

TEST_F(OutboxTest, NumbersRecordsFromOneAndSendsThemOnce) {
  Put(3);
  EXPECT_THAT(Send(), ElementsAre("1: 1 2 3"));
  EXPECT_THAT(Send(), IsEmpty());
}

TEST_F(OutboxTest, TellsTheClockAtSending) {
  Put(1);
  EXPECT_EQ(outbox_->Next(now_)->sent().seconds(), absl::ToUnixSeconds(kStart));
}

TEST_F(OutboxTest, KeepsARecordUntilItsReceipt) {
  Put(3);
  Send();
  EXPECT_EQ(Settle(2), 2);
  EXPECT_EQ(outbox_->size(), 1);
  EXPECT_EQ(Settle(3), 1);
  EXPECT_EQ(outbox_->size(), 0);
  EXPECT_EQ(outbox_->bytes(), 0);
  EXPECT_EQ(outbox_->next_due(), absl::InfiniteFuture());
}

TEST_F(OutboxTest, SendsAgainFromTheOldestAfterABackOffThatDoubles) {
  Put(2);
  Send();
  now_ = outbox_->next_due();
  EXPECT_LE(now_, kStart + options_.resend_after);
  EXPECT_GE(now_, kStart + options_.resend_after / 2);
  EXPECT_THAT(Send(), ElementsAre("1: 1 2"));
  const absl::Duration second = outbox_->next_due() - now_;
  EXPECT_GE(second, options_.resend_after);
  for (int i = 0; i < 20; ++i) {
    now_ = outbox_->next_due();
    EXPECT_THAT(Send(), ElementsAre("1: 1 2"));
  }
  EXPECT_LE(outbox_->next_due() - now_, options_.resend_after_most);
}

TEST_F(OutboxTest, ResendsOnlyWhatIsNotSettled) {
  Put(4);
  Send();
  Settle(2);
  now_ = outbox_->next_due();
  EXPECT_THAT(Send(), ElementsAre("3: 3 4"));
}

TEST_F(OutboxTest, StaysWithinThePlatformsWindowOf64) {
  options_.batch_records = 50;
  Reopen();
  Put(100);
  EXPECT_EQ(Send().size(), 2);
  EXPECT_EQ(outbox_->Next(now_), std::nullopt);
  Settle(10);
  const auto more = outbox_->Next(now_);
  ASSERT_TRUE(more.has_value());
  EXPECT_EQ(more->from(), 11);
  EXPECT_EQ(more->records(0).seq(), 65);
  EXPECT_EQ(more->records(more->records_size() - 1).seq(), 74);
}

TEST_F(OutboxTest, SplitsBatchesByCountAndBytes) {
  options_.batch_records = 2;
  Reopen();
  Put(3);
  EXPECT_THAT(Send(), ElementsAre("1: 1 2", "1: 3"));
}

TEST_F(OutboxTest, SendsEverythingAgainOnANewConnection) {
  Put(2);
  Send();
  outbox_->SendAllAgain();
  EXPECT_EQ(outbox_->next_due(), absl::InfinitePast());
  EXPECT_THAT(Send(), ElementsAre("1: 1 2"));
}

TEST_F(OutboxTest, ContinuesItsEpochAfterARestart) {
  Put(3);
  Send();
  Settle(1);
  const uint64_t epoch = outbox_->epoch();
  Reopen();
  EXPECT_EQ(outbox_->epoch(), epoch);
  EXPECT_EQ(outbox_->size(), 2);
  Put(1);
  EXPECT_THAT(Send(), ElementsAre("2: 2 3 4"));
}

TEST_F(OutboxTest, NeverReusesASequenceAfterEverythingWasSettled) {
  Put(2);
  Send();
  Settle(2);
  Reopen();
  Put(1);
  EXPECT_THAT(Send(), ElementsAre("3: 3"));
}

TEST_F(OutboxTest, GivesUpTheOldestWhenFullAndMovesFromOverTheGap) {
  options_.max_records = 3;
  Reopen();
  Put(5);
  EXPECT_EQ(outbox_->dropped(), 2);
  EXPECT_THAT(Send(), ElementsAre("3: 3 4 5"));
}

TEST_F(OutboxTest, BoundsItsBytes) {
  options_.max_bytes = 200;
  Reopen();
  Put(50);
  EXPECT_LE(outbox_->bytes(), 200);
  EXPECT_EQ(outbox_->size() + outbox_->dropped(), 50);
}

TEST_F(OutboxTest, RefusesTheNewestWhenToldTo) {
  options_.max_records = 1;
  options_.when_full = WhenFull::kRefuseNew;
  Reopen();
  Put(1);
  EXPECT_EQ(outbox_->Put(Weight("81")).status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(outbox_->dropped(), 0);
}

TEST_F(OutboxTest, RefusesARecordThatNoPayloadCanHold) {
  EXPECT_EQ(outbox_->Put(Weight(std::string(66'000, '1'))).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(outbox_->size(), 0);
}

TEST_F(OutboxTest, SendsWhatWasKeptInItsOwnEpochAfterANewOneBegan) {
  Put(2);
  const uint64_t old_epoch = outbox_->epoch();
  ASSERT_TRUE(outbox_->StartEpoch().ok());
  EXPECT_NE(outbox_->epoch(), old_epoch);
  Put(1);
  EXPECT_THAT(Send(), ElementsAre("1: 1 2", "1: 1"));
  EXPECT_EQ(SettleIn(old_epoch, 2), 2);
  EXPECT_EQ(Settle(1), 1);
  Reopen();
  EXPECT_NE(outbox_->epoch(), old_epoch);
}

TEST_F(OutboxTest, IgnoresReceiptsThatAreNotItsOwn) {
  Put(2);
  Send();
  EXPECT_EQ(SettleIn(outbox_->epoch() + 1, 2), 0);
  EXPECT_EQ(Settle(0), 0);
  Receipt other_lane;
  other_lane.set_lane(LANE_ALARM);
  other_lane.set_epoch(outbox_->epoch());
  other_lane.set_through(2);
  EXPECT_EQ(*outbox_->Settle(other_lane, now_), 0);
  EXPECT_EQ(outbox_->size(), 2);
}

TEST_F(OutboxTest, SurvivesAReceiptFarBeyondWhatItEverSent) {
  Put(2);
  EXPECT_EQ(Settle(~0ULL), 2);
  Put(1);
  EXPECT_THAT(Send(), ElementsAre("3: 3"));
}

}  // namespace
}  // namespace nara::device_client
