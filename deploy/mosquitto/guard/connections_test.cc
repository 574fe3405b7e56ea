#include "deploy/mosquitto/guard/connections.h"

#include <gtest/gtest.h>

namespace nara::guard {
namespace {

class ConnectionsTest : public ::testing::Test {
 protected:
  const int first_ = 1;
  const int second_ = 2;
  Connections connections_;
};

TEST_F(ConnectionsTest, AConnectionHasItsClientIdUntilItCloses) {
  EXPECT_FALSE(connections_.Has("bp-0001", &first_));
  connections_.Opened("bp-0001", &first_);
  EXPECT_TRUE(connections_.Has("bp-0001", &first_));
  EXPECT_FALSE(connections_.Has("bp-0002", &first_));
  connections_.Closed("bp-0001", &first_);
  EXPECT_FALSE(connections_.Has("bp-0001", &first_));
}

TEST_F(ConnectionsTest, SaysFromWhereASessionIsTakenOver) {
  EXPECT_EQ(connections_.Opened("bp-0001", &first_, "", "192.0.2.0/24"), std::nullopt);
  EXPECT_EQ(connections_.Opened("bp-0001", &second_, "", "198.51.100.0/24"), "192.0.2.0/24");
  connections_.Closed("bp-0001", &first_);
  EXPECT_EQ(connections_.Opened("bp-0001", &first_, "", "192.0.2.0/24"), "198.51.100.0/24");
  connections_.Closed("bp-0001", &first_);
  EXPECT_EQ(connections_.Opened("bp-0001", &second_), std::nullopt);
}

TEST_F(ConnectionsTest, AnotherConnectionTakesTheClientIdOver) {
  connections_.Opened("bp-0001", &first_);
  connections_.Opened("bp-0001", &second_);
  EXPECT_FALSE(connections_.Has("bp-0001", &first_));
  EXPECT_TRUE(connections_.Has("bp-0001", &second_));
  connections_.Closed("bp-0001", &first_);
  EXPECT_TRUE(connections_.Has("bp-0001", &second_)) << "the one that was replaced closes later";
}

TEST_F(ConnectionsTest, WhoNeverCameInHasNothing) {
  connections_.Closed("", &first_);
  EXPECT_FALSE(connections_.Has("", &first_));
}

TEST_F(ConnectionsTest, FindsThoseOfACertificateWhileTheyAreOpen) {
  connections_.Opened("bp-0001", &first_, "0a");
  connections_.Opened("bp-0002", &second_, "0b");
  const auto with_0a = [](std::string_view, std::string_view serial) { return serial == "0a"; };
  EXPECT_EQ(connections_.Which(with_0a), std::vector<std::string>{"bp-0001"});
  connections_.Opened("bp-0001", &second_, "0c");
  EXPECT_TRUE(connections_.Which(with_0a).empty());
}

}  // namespace
}  // namespace nara::guard
