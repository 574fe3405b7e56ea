#include "gateway/api/attempts.h"

#include <gtest/gtest.h>

#include <string>

#include "common/rpc/error.h"

namespace nara::gateway {
namespace {

class AttemptsTest : public ::testing::Test {
 protected:
  // How many of `tries` come through; each is refused by the registry.
  int Refused(const std::string& address, const std::string& device, int tries = 50) {
    int through = 0;
    for (int i = 0; i < tries; ++i) through += attempts_.Begin(address, device).ok();
    return through;
  }
  bool PassesOnce(const std::string& address, const std::string& device, bool in) {
    if (!attempts_.Begin(address, device).ok()) return false;
    attempts_.Passed(address, device, in);
    return true;
  }

  ManualClock clock_;
  Attempts attempts_{clock_};
};

TEST_F(AttemptsTest, OneAddressDoesNotUseUpACodeInItsWeek) {
  int through = 0;
  for (int hour = 0; hour < 7 * 24; ++hour) {
    through += Refused("192.0.2.1", "bp-0001");
    clock_.Advance(absl::Hours(1));
  }
  EXPECT_GE(through, Attempts::kRefusedOfDevice.at_once);
  EXPECT_LT(through, 10);
}

TEST_F(AttemptsTest, WhoIsRefusedKeepsNoOtherAddressOut) {
  Refused("192.0.2.1", "bp-0001");
  EXPECT_TRUE(attempts_.Begin("192.0.2.2", "bp-0001").ok());
}

TEST_F(AttemptsTest, ADeviceThatIsRefusedAgainAndAgainKeepsItsNeighboursNotOut) {
  for (int hour = 0; hour < 24; ++hour) {
    Refused("192.0.2.1", "bp-0001", 1000);
    clock_.Advance(absl::Hours(1));
  }
  EXPECT_TRUE(attempts_.Begin("192.0.2.1", "bp-0002").ok());
}

TEST_F(AttemptsTest, OneAddressDoesNotGoThroughDevices) {
  int through = 0;
  for (int i = 0; i < 1000; ++i) through += Refused("192.0.2.1", "bp-" + std::to_string(i), 1);
  EXPECT_EQ(through, Attempts::kRefusedOfAddress.at_once);
  clock_.Advance(Attempts::kRefusedOfAddress.each);
  EXPECT_EQ(Refused("192.0.2.1", "bp-1000"), 1);
}

TEST_F(AttemptsTest, WhoComesInHasNothingHeldAgainstIt) {
  Refused("192.0.2.1", "bp-0001", Attempts::kRefusedOfDevice.at_once - 1);
  EXPECT_TRUE(PassesOnce("192.0.2.1", "bp-0001", true));
  clock_.Advance(absl::Minutes(1));
  EXPECT_EQ(Refused("192.0.2.1", "bp-0001"), Attempts::kRefusedOfDevice.at_once);
}

TEST_F(AttemptsTest, ARequestThatIsNoneIsNotARefusal) {
  for (int i = 0; i < 200; ++i) {
    EXPECT_TRUE(PassesOnce("192.0.2.1", "bp-0001", false)) << i;
    clock_.Advance(Attempts::kOfDevice.each);
  }
}

TEST_F(AttemptsTest, WhoIsInAsksTheRegistryNotAllTheTime) {
  int through = 0;
  for (int i = 0; i < 100; ++i) through += PassesOnce("192.0.2.1", "bp-0001", true);
  EXPECT_EQ(through, Attempts::kOfDevice.at_once);
}

TEST_F(AttemptsTest, SaysHowLongToWait) {
  Refused("192.0.2.1", "bp-0001");
  const absl::Status refused = attempts_.Begin("192.0.2.1", "bp-0001");
  EXPECT_EQ(rpc::ReasonOf(refused), "TOO_MANY_ATTEMPTS");
  const int wait = std::stoi(rpc::InfoOf(refused)->metadata.at("retry_after_s"));
  clock_.Advance(absl::Seconds(wait - 1));
  EXPECT_FALSE(attempts_.Begin("192.0.2.1", "bp-0001").ok());
  clock_.Advance(absl::Seconds(1));
  EXPECT_TRUE(attempts_.Begin("192.0.2.1", "bp-0001").ok());
}

TEST_F(AttemptsTest, ACrowdOfAddressesPushesOutWhoOwesLeast) {
  Attempts few(clock_, 100);
  for (int i = 0; i < Attempts::kRefusedOfDevice.at_once; ++i) EXPECT_TRUE(few.Begin("192.0.2.1", "bp-0001").ok());
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(few.Begin("2001:db8:" + std::to_string(i) + "::", "bp-0001").ok());
  EXPECT_FALSE(few.Begin("192.0.2.1", "bp-0001").ok());
}

}  // namespace
}  // namespace nara::gateway
