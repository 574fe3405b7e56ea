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

TEST(Topics, AreRecognisedAsTheyAreBuilt) {
  for (const TopicKind kind : {TopicKind::kUp, TopicKind::kUpJson, TopicKind::kAlarm, TopicKind::kAlarmJson,
                               TopicKind::kStatus, TopicKind::kReceipt, TopicKind::kDown}) {
    for (const char* device : {"abc", "bp-1480-0007", "disp-0031"}) {
      const std::string topic = BuildTopic(kind, device);
      EXPECT_EQ(ParseTopic(topic), (Topic{ShardOf(device), device, kind})) << topic;
    }
  }
  const std::string shard = ShardText(ShardOf("abc"));
  EXPECT_EQ(BuildTopic(TopicKind::kAlarmJson, "abc"), "nara/v1/" + shard + "/abc/alarm/json");
}

TEST(Topics, OfAnotherFormAreNothing) {
  const std::string good = BuildTopic(TopicKind::kUp, "abc");
  const std::string other_shard = ShardText((ShardOf("abc") + 1) % kShardCount);
  const std::string shard = ShardText(ShardOf("abc"));
  for (const std::string& topic :
       {std::string(), std::string("nara"), std::string("nara/v1/"), "nara/v2/" + shard + "/abc/up", good + "/",
        good + "/json/json", "/" + good, "nara/v1/" + other_shard + "/abc/up", "nara/v1/" + shard + "/abc",
        "nara/v1/" + shard + "/abc/", "nara/v1/" + shard + "//up", "nara/v1/" + shard + "/ABC/up",
        "nara/v1/" + shard + "/abc/Up", "nara/v1/" + shard + "/abc/receipt/json", "nara/v1/" + shard + "/+/up"}) {
    EXPECT_FALSE(ParseTopic(topic)) << topic;
  }
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
