#include "deploy/mosquitto/guard/receipt.h"

#include <gtest/gtest.h>

#include "nara/telemetry/v1/telemetry.pb.h"

namespace nara::guard {
namespace {

TEST(RefusedReceipt, IsJsonForAJsonTopic) {
  const auto receipt = MakeRefusedReceipt("123456789", "nara/v1/00/other/up/json", Refusal::kOtherDevice);
  EXPECT_EQ(receipt.topic, "nara/v1/03/123456789/receipt");
  EXPECT_EQ(receipt.payload, R"({"lane":"measurement","rejected":[{"reason":"topic_denied",)"
                             R"("detail":"the guard refused the topic: other_device"}]})");
}

TEST(RefusedReceipt, IsProtobufElsewhere) {
  const auto receipt = MakeRefusedReceipt("123456789", "nara/v1/00/other/alarm", Refusal::kWrongShard);
  telemetry::v1::Receipt parsed;
  ASSERT_TRUE(parsed.ParseFromString(receipt.payload));
  EXPECT_EQ(parsed.lane(), telemetry::v1::LANE_ALARM);
  ASSERT_EQ(parsed.rejected_size(), 1);
  EXPECT_EQ(parsed.rejected(0).reason(), "topic_denied");
  EXPECT_EQ(parsed.rejected(0).detail(), "the guard refused the topic: wrong_shard");
}

}  // namespace
}  // namespace nara::guard
