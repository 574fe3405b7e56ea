#include "device_client/topics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nara::device_client {
namespace {

TEST(Topics, CarryTheShardAsTwoDigits) {
  const Topics topics = TopicsOf("123456789");
  // CRC-16/XMODEM of "123456789" is 0x31C3.
  EXPECT_EQ(ShardOf("123456789"), 0x31C3 % 16);
  EXPECT_EQ(topics.up, "nara/v1/03/123456789/up");
  EXPECT_EQ(topics.alarm, "nara/v1/03/123456789/alarm");
  EXPECT_EQ(topics.receipt, "nara/v1/03/123456789/receipt");
  EXPECT_EQ(topics.down, "nara/v1/03/123456789/down");
  EXPECT_EQ(topics.status, "nara/v1/03/123456789/status");
}

TEST(Topics, RefuseIdsThatAreNotDeviceIds) {
  EXPECT_TRUE(IsDeviceId("bp-0001"));
  EXPECT_TRUE(IsDeviceId(std::string(63, 'a')));
  for (const char* id : {"", "ab", "-ab", "Abc", "a/b", "a+b", "a#b", "å12", "a b", "nara-alarm-07"}) {
    EXPECT_FALSE(IsDeviceId(id)) << id;
  }
  EXPECT_FALSE(IsDeviceId(std::string(64, 'a')));
}

}  // namespace
}  // namespace nara::device_client
