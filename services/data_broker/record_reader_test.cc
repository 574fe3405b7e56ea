#include "data_broker/record_reader.h"

#include <gtest/gtest.h>

#include "data_broker/testing/fakes.h"

namespace nara::broker {
namespace {

using testing::FakeAudience;
using testing::PayloadOf;

class RecordReaderTest : public ::testing::Test {
 protected:
  RecordReaderTest() { audience_.Answers("glu-1", "unit-a"); }

  CareRecordPtr Read(std::string payload) { return reader_.Read({5, Log::kAlarm}, {{7, 1}, std::move(payload)}); }

  metrics::Registry registry_;
  Metrics metrics_{registry_};
  FakeAudience audience_;
  RecordReader reader_{{"glucose"}, audience_, metrics_};
};

TEST_F(RecordReaderTest, ACareRecordKeepsWhatTheDeviceSaid) {
  const CareRecordPtr record = Read(PayloadOf({.seq = 9}));
  ASSERT_NE(record, nullptr);
  EXPECT_EQ(record->observation.id(), "glu-1/m/00000000000000aa/9");
  EXPECT_EQ(record->observation.resident(), "res-glu-1");
  EXPECT_EQ(record->observation.values(0).decimal(), "5.40");
  EXPECT_EQ(record->observation.effective_at().seconds(), testing::kNoon);
  EXPECT_EQ(record->log, (LogId{5, Log::kAlarm}));
  EXPECT_EQ(record->position, (Position{7, 1}));
  EXPECT_EQ(record->party, (Party{"1480", "unit-a"}));
}

TEST_F(RecordReaderTest, TestsAndOtherPurposesAreNotCareData) {
  EXPECT_EQ(Read(PayloadOf({.test = true})), nullptr);
  EXPECT_EQ(Read(PayloadOf({.kind = "low_battery"})), nullptr);
}

TEST_F(RecordReaderTest, NonsenseIsSkippedAndCounted) {
  EXPECT_EQ(Read("\xff\xff nonsense"), nullptr);
  EXPECT_EQ(Read(""), nullptr);
  EXPECT_NE(registry_.Text().find("nara_broker_unreadable_entries_total 2"), std::string::npos);
}

TEST_F(RecordReaderTest, WhatADeviceHidInItsValuesIsNotPassedOn) {
  telemetry::v1::LogRecord said = testing::LogRecordOf({.seq = 9});
  auto& value = *said.mutable_record()->mutable_values(0);
  value.GetReflection()->MutableUnknownFields(&value)->AddLengthDelimited(1000)->assign(60'000, 'x');
  const CareRecordPtr record = Read(said.SerializeAsString());
  ASSERT_NE(record, nullptr);
  EXPECT_EQ(record->observation.values(0).decimal(), "5.40");
  EXPECT_LT(record->observation.ByteSizeLong(), 1000U);
}

TEST_F(RecordReaderTest, NobodyCanSayWhoAnswersBeforeTheRouteHasCome) {
  const std::string payload = PayloadOf({.route_revision = 2});
  ASSERT_NE(Read(payload), nullptr);
  EXPECT_FALSE(Read(payload)->party);
  audience_.Answers("glu-1", "unit-b", 2);
  EXPECT_EQ(Read(payload)->party->unit, "unit-b");
}

}  // namespace
}  // namespace nara::broker
