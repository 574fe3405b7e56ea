#include "deploy/mosquitto/guard/refusals.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nara::guard {
namespace {

using std::chrono::milliseconds;
using ::testing::EndsWith;
using ::testing::HasSubstr;

class RefusalsTest : public ::testing::Test {
 protected:
  Refusals::Time now_{std::chrono::hours(1)};
  Refusals refusals_;
};

TEST_F(RefusalsTest, CountsByReason) {
  refusals_.Count(Refusal::kTopic, now_);
  refusals_.Count(Refusal::kTopic, now_);
  EXPECT_THAT(refusals_.ToJson(), HasSubstr(R"("topic":2,)"));
  EXPECT_THAT(refusals_.ToJson(), HasSubstr(R"("will":0,)"));
}

TEST_F(RefusalsTest, CountsWhatIngestIsNotToldOf) {
  EXPECT_THAT(refusals_.ToJson(), EndsWith(R"("address":0,"revoked":0,"over_rate":0,"flood":0,"cut":0})"));
  refusals_.Cut();
  EXPECT_THAT(refusals_.ToJson(), EndsWith(R"("cut":1})"));
}

TEST_F(RefusalsTest, LogsAReasonOnceASecond) {
  EXPECT_TRUE(refusals_.Count(Refusal::kTopic, now_));
  EXPECT_FALSE(refusals_.Count(Refusal::kTopic, now_));
  EXPECT_TRUE(refusals_.Count(Refusal::kWill, now_));
  EXPECT_TRUE(refusals_.Count(Refusal::kTopic, now_ + Refusals::kInterval));
}

TEST_F(RefusalsTest, PublishesAtTheStartAndThenChangesOnceASecond) {
  EXPECT_TRUE(refusals_.ShouldPublish(now_));
  EXPECT_FALSE(refusals_.ShouldPublish(now_ + Refusals::kInterval));
  refusals_.Count(Refusal::kTopic, now_);
  EXPECT_FALSE(refusals_.ShouldPublish(now_ + milliseconds(999)));
  EXPECT_TRUE(refusals_.ShouldPublish(now_ + milliseconds(1000)));
  EXPECT_FALSE(refusals_.ShouldPublish(now_ + milliseconds(2000)));
}

}  // namespace
}  // namespace nara::guard
