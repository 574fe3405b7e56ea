#include "deploy/mosquitto/guard/takeovers.h"

#include <gtest/gtest.h>

namespace nara::guard {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr char kHome[] = "192.0.2.0/24";
constexpr char kAway[] = "198.51.100.0/24";
constexpr char kElsewhere[] = "203.0.113.0/24";

class TakeoversTest : public ::testing::Test {
 protected:
  bool Seen(const std::string& from, const std::string& to, std::chrono::nanoseconds later = seconds(5),
            const std::string& device = "bp-0001") {
    now_ += later;
    return takeovers_.Seen(device, from, to, now_);
  }
  // How often it is told while two throw each other out.
  int Fight(int takeovers, std::chrono::nanoseconds each) {
    int told = 0;
    for (int i = 0; i < takeovers; ++i) told += i % 2 == 0 ? Seen(kHome, kAway, each) : Seen(kAway, kHome, each);
    return told;
  }

  Takeovers::Time now_{std::chrono::hours(100)};
  Takeovers takeovers_;
};

TEST_F(TakeoversTest, TwoThatThrowEachOtherOutAreTold) {
  EXPECT_FALSE(Seen(kHome, kAway));
  EXPECT_FALSE(Seen(kAway, kHome));
  EXPECT_FALSE(Seen(kHome, kAway));
  EXPECT_TRUE(Seen(kAway, kHome));
}

TEST_F(TakeoversTest, ADeviceThatChangesItsNetworkIsNot) {
  EXPECT_FALSE(Seen(kHome, kAway));
  EXPECT_FALSE(Seen(kAway, kElsewhere));
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(Seen("network " + std::to_string(i), "network " + std::to_string(i + 1)));
}

TEST_F(TakeoversTest, ADeviceThatGoesOutAndComesHomeIsNot) {
  EXPECT_FALSE(Seen(kHome, kAway));
  EXPECT_FALSE(Seen(kAway, kHome));
  EXPECT_FALSE(Seen(kHome, kAway));
}

TEST_F(TakeoversTest, ADeviceThatGoesToAndFroAllDayIsNot) {
  EXPECT_EQ(Fight(200, minutes(6)), 0);
}

TEST_F(TakeoversTest, WhoTriesAgainEachTwoMinutesIsFound) {
  EXPECT_EQ(Fight(5, minutes(2)), 1);
}

TEST_F(TakeoversTest, AThiefWhoChangesItsNetworkIsFoundSinceTheOwnerComesBack) {
  EXPECT_FALSE(Seen(kHome, "a"));
  EXPECT_FALSE(Seen("a", kHome));
  EXPECT_FALSE(Seen(kHome, "b"));
  EXPECT_FALSE(Seen("b", kHome));
  EXPECT_FALSE(Seen(kHome, "c"));
  EXPECT_TRUE(Seen("c", kHome));
}

TEST_F(TakeoversTest, OneNetworkIsOnePlace) {
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(Seen(kHome, kHome));
}

TEST_F(TakeoversTest, ItIsToldOnceInAnHour) {
  EXPECT_EQ(Fight(700, seconds(5)), 1);
  EXPECT_EQ(Fight(100, seconds(5)), 1);
}

TEST_F(TakeoversTest, DevicesAreLookedAtEachForItself) {
  EXPECT_FALSE(Seen(kHome, kAway));
  EXPECT_FALSE(Seen(kAway, kHome, seconds(1), "bp-0002"));
  EXPECT_FALSE(Seen(kHome, kAway, seconds(1), "bp-0003"));
  EXPECT_FALSE(Seen(kAway, kHome, seconds(1), "bp-0004"));
}

TEST_F(TakeoversTest, MoreThanItCanHoldAreNotLookedAtUntilOthersAreOver) {
  for (std::size_t i = 0; i < Takeovers::kMostDevices; ++i) {
    Seen(kHome, kAway, std::chrono::nanoseconds(1), "bp-" + std::to_string(i));
  }
  EXPECT_EQ(Fight(10, seconds(1)), 0);
  now_ += Takeovers::kWindow;
  EXPECT_EQ(Fight(10, seconds(1)), 1);
}

TEST(NetworkOf, TellsNoAddress) {
  EXPECT_EQ(NetworkOf("192.0.2.77"), "192.0.2.0/24");
  EXPECT_EQ(NetworkOf("::ffff:192.0.2.77"), "192.0.2.0/24");
  EXPECT_EQ(NetworkOf("2001:db8:1:2:3:4:5:6"), "2001:db8:1::/48");
  EXPECT_EQ(NetworkOf("::1"), "::/48");
  for (const char* bad : {"", "x", "1.2.3", "::g", "localhost"}) EXPECT_EQ(NetworkOf(bad), "unknown") << bad;
}

}  // namespace
}  // namespace nara::guard
