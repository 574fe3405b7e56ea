#include "ingest/expectation.h"

#include <gtest/gtest.h>

#include "common/time/proto_time.h"
#include "ingest/testing/fakes.h"

namespace nara::ingest {
namespace {

constexpr std::int64_t kStart = 1'771'310'000;

class ExpectationTest : public ::testing::Test {
 protected:
  ExpectationTest() { route_.set_state(registry::v1::DEVICE_STATE_IN_USE); }
  Expectation Now() const { return ExpectationOf(route_, catalogue_, absl::FromUnixSeconds(kStart) + absl::Hours(1)); }

  const Catalogue catalogue_ = *Catalogue::Load(NARA_CATALOGUE);
  registry::v1::Route route_ = testing::RouteOf("disp-1", "evondos", kStart);
};

TEST_F(ExpectationTest, ADeviceThatSomebodyHasIsExpectedEachIntervalOfItsProduct) {
  const Expectation expectation = Now();
  EXPECT_TRUE(expectation.expected);
  EXPECT_EQ(expectation.interval, 15 * 60'000);
  EXPECT_EQ(expectation.since, 1'000 * kStart);
  EXPECT_FALSE(expectation.paused);
}

TEST_F(ExpectationTest, WhatIsOnItsWayOrWasGivenBackOrIsLostIsNotExpected) {
  for (const auto state : {registry::v1::DEVICE_STATE_IN_STOCK, registry::v1::DEVICE_STATE_DELIVERED,
                           registry::v1::DEVICE_STATE_RETURNED, registry::v1::DEVICE_STATE_LOST}) {
    route_.set_state(state);
    EXPECT_FALSE(Now().expected) << state;
  }
}

TEST_F(ExpectationTest, NobodysDeviceIsNotExpected) {
  *route_.mutable_assignments(0)->mutable_end_at() = ToProto(absl::FromUnixSeconds(kStart) + absl::Minutes(1));
  EXPECT_FALSE(Now().expected);
}

TEST_F(ExpectationTest, ADeviceThatStandsAloneOrIsOfAnUnknownProductIsNotExpected) {
  for (const char* product : {"dosell-simple", "no-product"}) {
    route_.set_product(product);
    EXPECT_FALSE(Now().expected) << product;
  }
}

TEST_F(ExpectationTest, WhileTheResidentIsAwaySilenceDoesNotCount) {
  registry::v1::Absence& absence = *route_.mutable_assignments(0)->add_absences();
  *absence.mutable_start_at() = ToProto(absl::FromUnixSeconds(kStart) + absl::Minutes(30));
  EXPECT_TRUE(Now().paused);
  *absence.mutable_end_at() = ToProto(absl::FromUnixSeconds(kStart) + absl::Minutes(40));
  EXPECT_FALSE(Now().paused);
}

}  // namespace
}  // namespace nara::ingest
