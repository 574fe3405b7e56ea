#include "deploy/mosquitto/guard/limit.h"

#include <gtest/gtest.h>

namespace nara::guard {
namespace {

class LimitTest : public ::testing::Test {
 protected:
  // How many of `tries` are allowed.
  int Allowed(const std::string& device, int tries) {
    int allowed = 0;
    for (int i = 0; i < tries; ++i) allowed += limit_.Allow(device, now_) ? 1 : 0;
    return allowed;
  }

  Limit::Time now_{std::chrono::hours(1)};
  Limit limit_;
};

TEST_F(LimitTest, ADeviceIsToldTenTimesAMinute) {
  EXPECT_EQ(Allowed("bp-0001", 1'000), Limit::kPerDevice);
  now_ += Limit::kWindow - std::chrono::milliseconds(1);
  EXPECT_EQ(Allowed("bp-0001", 1'000), 0);
  now_ += std::chrono::milliseconds(1);
  EXPECT_EQ(Allowed("bp-0001", 1'000), Limit::kPerDevice);
}

TEST_F(LimitTest, OneDeviceDoesNotHideAnother) {
  Allowed("bp-0001", 1'000);
  EXPECT_EQ(Allowed("bp-0002", 1), 1);
}

TEST_F(LimitTest, AllOfThemAreToldThreeHundredTimesAMinute) {
  int allowed = 0;
  for (int i = 0; i < 1'000; ++i) allowed += Allowed("bp-" + std::to_string(i), 2);
  EXPECT_EQ(allowed, Limit::kInAll);
  now_ += Limit::kWindow;
  EXPECT_EQ(Allowed("bp-999", 1), 1);
}

TEST_F(LimitTest, WhatIsCutDoesNotProlongTheWait) {
  Allowed("bp-0001", Limit::kPerDevice);
  now_ += Limit::kWindow / 2;
  EXPECT_EQ(Allowed("bp-0001", 1), 0);
  now_ += Limit::kWindow / 2;
  EXPECT_EQ(Allowed("bp-0001", 1), 1);
}

}  // namespace
}  // namespace nara::guard
