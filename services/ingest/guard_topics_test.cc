#include "ingest/guard_topics.h"

#include <gtest/gtest.h>

namespace nara::ingest {
namespace {

std::string DetailOf(const std::string& attempt, const std::string& reason) {
  const auto refused = ReadGuardRefusal("nara/v1/guard/refused/alarm/03/123456789/" + attempt + "/" + reason);
  return refused ? refused->refusal.detail : "unreadable";
}

TEST(GuardRefusal, NamesTheDeviceItsLaneAndTheReason) {
  const auto refused = ReadGuardRefusal("nara/v1/guard/refused/alarm/03/123456789/publish/other_device");
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->origin.device, "123456789");
  EXPECT_EQ(refused->origin.lane, Lane::kAlarm);
  EXPECT_TRUE(refused->origin.answered);
  EXPECT_EQ(refused->refusal.reason, "topic_denied");
  EXPECT_EQ(refused->refusal.detail, "the MQTT server refused a publish to a topic of another device");
}

TEST(GuardRefusal, SaysWhatWasTriedAndWhyNot) {
  EXPECT_EQ(DetailOf("publish", "retained"), "the MQTT server refused a publish as a retained message");
  EXPECT_EQ(DetailOf("subscribe", "wrong_shard"),
            "the MQTT server refused a subscription to a shard that is not the device's");
  EXPECT_EQ(DetailOf("will", "will"),
            "the MQTT server refused a last will that is retained, or to another topic than the own status");
  EXPECT_EQ(DetailOf("publish", "of_tomorrow"), "the MQTT server refused a publish of_tomorrow")
      << "a guard newer than ingest";
}

TEST(GuardRefusal, IsNothingForEveryOtherTopic) {
  for (const char* topic :
       {"", "nara/v1/guard/refusals", "nara/v1/guard/refused/", "nara/v1/guard/refused/alarm/03/123456789/publish",
        "nara/v1/guard/refused/alarm/03/123456789/publish/topic/more",
        "nara/v1/guard/refused/other/03/123456789/publish/topic",
        "nara/v1/guard/refused/alarm/04/123456789/publish/topic", "nara/v1/guard/refused/alarm/03/NO/publish/topic",
        "nara/v1/03/123456789/alarm"}) {
    EXPECT_FALSE(ReadGuardRefusal(topic)) << topic;
  }
}

TEST(TwoPlaces, NamesTheDeviceAndItsNetworks) {
  const auto noticed = ReadTwoPlaces("nara/v1/guard/two_places/03/123456789", "192.0.2.0/24 2001:db8:1::/48");
  ASSERT_TRUE(noticed);
  EXPECT_EQ(noticed->origin.device, "123456789");
  EXPECT_EQ(noticed->origin.lane, Lane::kAlarm);
  EXPECT_EQ(noticed->refusal.reason, "two_places");
  EXPECT_EQ(
      noticed->refusal.detail,
      "two come in as this device and end each other's session (192.0.2.0/24 and 2001:db8:1::/48); find out which "
      "it is, and revoke the other");
}

TEST(TwoPlaces, LeavesOutWhatIsNoNetwork) {
  for (const std::string& networks : {std::string(), std::string("<b>x</b> y"), std::string(300, 'a')}) {
    EXPECT_EQ(ReadTwoPlaces("nara/v1/guard/two_places/03/123456789", networks)->refusal.detail.find('('),
              std::string::npos)
        << networks;
  }
}

TEST(TwoPlaces, IsNothingForEveryOtherTopic) {
  for (const char* topic :
       {"", "nara/v1/guard/two_places/", "nara/v1/guard/two_places/04/123456789", "nara/v1/guard/two_places/03/NO",
        "nara/v1/guard/two_places/03/123456789/more", "nara/v1/03/123456789/alarm"}) {
    EXPECT_FALSE(ReadTwoPlaces(topic, "")) << topic;
  }
  EXPECT_EQ(TwoPlacesFilter(7), "nara/v1/guard/two_places/07/+");
}

TEST(AFlood, NamesTheDeviceAndHowMuchWasDropped) {
  const auto noticed = ReadFlood("nara/v1/guard/flood/03/123456789", "31234");
  ASSERT_TRUE(noticed);
  EXPECT_EQ(noticed->origin.device, "123456789");
  EXPECT_EQ(noticed->origin.lane, Lane::kAlarm);
  EXPECT_TRUE(noticed->origin.answered);
  EXPECT_EQ(noticed->refusal.reason, "flood");
  EXPECT_EQ(noticed->refusal.detail,
            "it sends faster than a device may, for so long that the MQTT server closed its connection (31234 messages "
            "dropped); what it sends meanwhile is not taken, its alarms neither");
}

TEST(AFlood, LeavesOutWhatIsNoNumber) {
  for (const std::string& dropped : {std::string(), std::string("-1"), std::string("<b>"), std::string(21, '9')}) {
    EXPECT_EQ(ReadFlood("nara/v1/guard/flood/03/123456789", dropped)->refusal.detail.find('('), std::string::npos)
        << dropped;
  }
}

TEST(AFlood, IsNothingForEveryOtherTopic) {
  for (const char* topic : {"", "nara/v1/guard/flood/", "nara/v1/guard/flood/04/123456789", "nara/v1/guard/flood/03/NO",
                            "nara/v1/guard/flood/03/123456789/more", "nara/v1/guard/two_places/03/123456789"}) {
    EXPECT_FALSE(ReadFlood(topic, "")) << topic;
  }
  EXPECT_EQ(FloodFilter(7), "nara/v1/guard/flood/07/+");
}

TEST(GuardFilter, IsOfOneLaneAndShard) {
  EXPECT_EQ(GuardFilter(Lane::kMeasurement, 7), "nara/v1/guard/refused/measurement/07/#");
}

}  // namespace
}  // namespace nara::ingest
