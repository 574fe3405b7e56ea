#include "tools/load/payload.h"

#include <gtest/gtest.h>

#include "nara/telemetry/v1/telemetry.pb.h"

namespace nara::load {
namespace {

TEST(Payload, RecordsFollowEachOther) {
  std::string bytes;
  AddPayload({.form = Form::kProtobuf, .records = 3, .epoch = 9}, 11, 5, bytes);
  telemetry::v1::Uplink uplink;
  ASSERT_TRUE(uplink.ParseFromString(bytes));
  EXPECT_EQ(uplink.epoch(), 9u);
  EXPECT_EQ(uplink.from(), 5u);
  ASSERT_EQ(uplink.records_size(), 3);
  EXPECT_EQ(uplink.records(2).seq(), 13u);
  EXPECT_EQ(uplink.records(0).values_size(), 3);
}

TEST(Payload, AnAlarmKindHasAnEpisodeOfItsOwn) {
  std::string bytes;
  AddPayload({.kind = "dose_missed", .episode = "load-"}, 4, 4, bytes);
  telemetry::v1::Uplink uplink;
  ASSERT_TRUE(uplink.ParseFromString(bytes));
  EXPECT_EQ(uplink.records(0).episode(), "load-4");
  EXPECT_EQ(uplink.records(0).values_size(), 0);
}

TEST(Payload, AReceiptSaysUpToWhichSequenceItSettles) {
  telemetry::v1::Receipt receipt;
  receipt.set_through(42);
  EXPECT_EQ(ThroughOf(Form::kProtobuf, receipt.SerializeAsString()), 42u);
  EXPECT_EQ(ThroughOf(Form::kJson, R"({"lane":"measurement","epoch":"9","through":120})"), 120u);
  EXPECT_FALSE(ThroughOf(Form::kJson, "{}").has_value());
}

}  // namespace
}  // namespace nara::load
