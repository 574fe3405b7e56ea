#include "common/app/health.h"

#include <gtest/gtest.h>

namespace nara::app {
namespace {

TEST(Health, IsReadyOnlyBetweenStartAndStop) {
  Health health;
  EXPECT_EQ(health.Ready(), absl::UnavailableError("starting"));
  health.Set(Health::State::kReady);
  EXPECT_TRUE(health.Ready().ok());
  health.Set(Health::State::kStopping);
  EXPECT_EQ(health.Ready(), absl::UnavailableError("stopping"));
}

TEST(Health, AFailedCheckIsTheReason) {
  Health health;
  health.Set(Health::State::kReady);
  absl::Status redis = absl::UnavailableError("not connected");
  health.AddCheck("redis", [&redis] { return redis; });
  EXPECT_EQ(health.Ready(), absl::UnavailableError("redis: not connected"));
  redis = absl::OkStatus();
  EXPECT_TRUE(health.Ready().ok());
}

}  // namespace
}  // namespace nara::app
