#include "device_registry/privacy/access_leases.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "common/rpc/error.h"

namespace nara::registry {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto kLease = 400ms;

std::chrono::nanoseconds Took(Clock::time_point began) {
  return Clock::now() - began;
}

class AccessLeasesTest : public ::testing::Test {
 protected:
  AccessLeases leases_{{.lease = kLease, .remembered = 60s}};
  // One that would be waited for until the test is given up.
  static constexpr auto kLong = 60s;
  AccessLeases patient_{{.lease = kLong, .remembered = 60s}};
};

TEST_F(AccessLeasesTest, WithNobodyARestrictionIsInForceAtOnce) {
  const auto began = Clock::now();
  EXPECT_EQ(patient_.WaitFor(5).confirmed(), 0u);
  EXPECT_LT(Took(began), kLong);
}

TEST_F(AccessLeasesTest, WhoHasConfirmedIsNotWaitedFor) {
  ASSERT_TRUE(patient_.Confirm("broker/1", 5, 5).ok());
  const auto began = Clock::now();
  const v1::InForce in_force = patient_.WaitFor(5);
  EXPECT_LT(Took(began), kLong);
  EXPECT_EQ(in_force.confirmed(), 1u);
  EXPECT_THAT(in_force.lease_ended(), IsEmpty());
}

TEST_F(AccessLeasesTest, ALiveSlowConsumerIsWaitedFor) {
  ASSERT_TRUE(leases_.Confirm("broker/1", 4, 4).ok());
  auto answer = std::async(std::launch::async, [&] { return leases_.WaitFor(5); });
  EXPECT_EQ(answer.wait_for(kLease / 4), std::future_status::timeout);
  ASSERT_TRUE(leases_.Confirm("broker/1", 5, 5).ok());
  ASSERT_EQ(answer.wait_for(10s), std::future_status::ready);
  const v1::InForce in_force = answer.get();
  EXPECT_EQ(in_force.confirmed(), 1u);
  EXPECT_THAT(in_force.lease_ended(), IsEmpty());
}

TEST_F(AccessLeasesTest, ADeadConsumerIsWaitedForUntilItsLeaseEndsAndNamed) {
  ASSERT_TRUE(leases_.Confirm("broker/1", 4, 4).ok());
  const auto began = Clock::now();
  ASSERT_TRUE(leases_.Confirm("broker/2", 4, 4).ok());
  auto answer = std::async(std::launch::async, [&] { return leases_.WaitFor(5); });
  EXPECT_TRUE(leases_.Confirm("broker/1", 5, 5).ok());
  const v1::InForce in_force = answer.get();
  EXPECT_GE(Took(began), kLease);
  EXPECT_THAT(in_force.lease_ended(), ElementsAre("broker/2"));
}

TEST_F(AccessLeasesTest, WhoHasNotSeenTheLastRestrictionGetsNoLeaseAndKeepsNone) {
  ASSERT_TRUE(leases_.Confirm("broker/1", 4, 4).ok());
  auto answer = std::async(std::launch::async, [&] { return leases_.WaitFor(5); });
  // However often it says that it lives.
  while (answer.wait_for(20ms) != std::future_status::ready) {
    const absl::Status again = leases_.Confirm("broker/1", 4, 5);
    if (!again.ok()) EXPECT_EQ(rpc::ReasonOf(again), "ACCESS_BEHIND");
  }
  EXPECT_THAT(answer.get().lease_ended(), ElementsAre("broker/1"));
  EXPECT_EQ(rpc::ReasonOf(leases_.Confirm("broker/2", 4, 5)), "ACCESS_BEHIND") << "one that starts with an old copy";
}

TEST_F(AccessLeasesTest, AStateOfAnotherHistoryIsNone) {
  EXPECT_EQ(rpc::ReasonOf(leases_.Confirm("broker/1", 9, 5)), "ACCESS_BEHIND");
}

TEST_F(AccessLeasesTest, ARegistryThatBeginsWaitsForTheLeasesOfTheOneBefore) {
  const auto began = Clock::now();
  leases_.Begin(7);
  EXPECT_EQ(rpc::ReasonOf(leases_.Confirm("broker/1", 6, 7)), "ACCESS_BEHIND");
  ASSERT_TRUE(leases_.Confirm("broker/1", 7, 7).ok());
  leases_.WaitFor(7);
  EXPECT_GE(Took(began), kLease);
}

TEST_F(AccessLeasesTest, NobodyTakesThePlacesOfAll) {
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(leases_.Confirm("x/" + std::to_string(i), 1, 1).ok());
  EXPECT_EQ(rpc::ReasonOf(leases_.Confirm("broker/1", 1, 1)), "TOO_MANY_CONSUMERS");
  EXPECT_TRUE(leases_.Confirm("x/1", 1, 1).ok());
}

}  // namespace
}  // namespace nara::registry
