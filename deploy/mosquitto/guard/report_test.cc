#include "deploy/mosquitto/guard/report.h"

#include <gtest/gtest.h>

namespace nara::guard {
namespace {

constexpr char kDevice[] = "123456789";  // of shard 03

TEST(Report, NamesTheDeviceWhatItTriedAndWhy) {
  const Report report =
      MakeReport(kDevice, Attempt::kPublish, "nara/v1/07/bp-0002/up/json", "{}", Refusal::kOtherDevice);
  EXPECT_EQ(report.topic, "nara/v1/guard/refused/measurement/03/123456789/publish/other_device");
  EXPECT_EQ(report.payload, "{}");
}

TEST(Report, OfAnAlarmGoesByTheAlarmLane) {
  EXPECT_EQ(MakeReport(kDevice, Attempt::kPublish, "nara/v1/00/123456789/alarm", "x", Refusal::kWrongShard).topic,
            "nara/v1/guard/refused/alarm/03/123456789/publish/wrong_shard");
  EXPECT_EQ(MakeReport(kDevice, Attempt::kWill, "nara/v1/03/123456789/alarm/json", "x", Refusal::kWill).topic,
            "nara/v1/guard/refused/alarm/03/123456789/will/will");
}

TEST(Report, OfASubscriptionHasTheFilterAndRingsNobody) {
  const Report report = MakeReport(kDevice, Attempt::kSubscribe, "nara/v1/03/bp-0002/alarm", "", Refusal::kOtherDevice);
  EXPECT_EQ(report.topic, "nara/v1/guard/refused/measurement/03/123456789/subscribe/other_device");
  EXPECT_EQ(report.payload, "nara/v1/03/bp-0002/alarm");
}

TEST(Report, IsBounded) {
  const std::string large(131'072, 'x');
  EXPECT_EQ(MakeReport(kDevice, Attempt::kPublish, "elsewhere", large, Refusal::kTopic).payload.size(),
            kMaxReportedBytes);
  EXPECT_EQ(MakeReport(kDevice, Attempt::kSubscribe, large, "", Refusal::kTopic).payload.size(), kMaxReportedBytes);
}

}  // namespace
}  // namespace nara::guard
