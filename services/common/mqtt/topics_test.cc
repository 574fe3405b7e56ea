#include "common/mqtt/topics.h"

#include <gtest/gtest.h>

namespace nara {
namespace {

TEST(Crc16, IsRedisOwn) {
  EXPECT_EQ(Crc16("123456789"), 0x31c3);  // the check value of the Redis Cluster specification
  EXPECT_EQ(Crc16(""), 0);
}

TEST(Shard, IsTwoDigitsBelowSixteen) {
  for (int shard = 0; shard < kShardCount; ++shard) EXPECT_EQ(ParseShard(ShardText(shard)), shard);
  EXPECT_EQ(ShardText(7), "07");
  for (const char* text : {"", "7", "16", "99", "0a", "-1", "007", " 7"}) EXPECT_FALSE(ParseShard(text)) << text;
}

TEST(DeviceId, IsATopicLevelAUserNameAndACommonName) {
  for (const char* id : {"abc", "0-1", "bp-1480-0007", "a--", "nara"}) EXPECT_TRUE(IsDeviceId(id)) << id;
  EXPECT_TRUE(IsDeviceId(std::string(63, 'a')));
  EXPECT_FALSE(IsDeviceId(std::string(64, 'a')));
  for (const char* id :
       {"", "ab", "-ab", "Abc", "a_b", "a/b", "a+b", "a#b", "å-1480", "abc ", "$SYS", "nara-alarm-07"}) {
    EXPECT_FALSE(IsDeviceId(id)) << id;
  }
}

TEST(Topics, NameShardDeviceAndWhatIsSaid) {
  const std::string shard = ShardText(ShardOf("abc"));
  EXPECT_EQ(BuildTopic(TopicKind::kAlarmJson, "abc"), "nara/v1/" + shard + "/abc/alarm/json");
  EXPECT_EQ(BuildTopic(TopicKind::kReceipt, "abc"), "nara/v1/" + shard + "/abc/receipt");
}

TEST(Topics, SayTheirLaneAndEncoding) {
  EXPECT_EQ(LaneOf(TopicKind::kUpJson), Lane::kMeasurement);
  EXPECT_EQ(LaneOf(TopicKind::kAlarm), Lane::kAlarm);
  EXPECT_EQ(LaneOf(TopicKind::kStatus), Lane::kAlarm);
  EXPECT_TRUE(IsJson(TopicKind::kAlarmJson));
  EXPECT_FALSE(IsJson(TopicKind::kUp));
}

TEST(Topics, OfAShardAreOneFilterAndOneSession) {
  EXPECT_EQ(ShardFilter(TopicKind::kUp, 7), "nara/v1/07/+/up");
  EXPECT_EQ(ShardFilter(TopicKind::kAlarmJson, 15), "nara/v1/15/+/alarm/json");
  EXPECT_EQ(SessionClientId(Lane::kMeasurement, 7), "nara-measurement-07");
  EXPECT_EQ(SessionClientId(Lane::kAlarm, 0), "nara-alarm-00");
}

}  // namespace
}  // namespace nara
