#include "ingest/server_counters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nara::ingest {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kDropped[] = "$SYS/broker/publish/messages/dropped";
constexpr char kReceived[] = "$SYS/broker/messages/received";

class ServerCountersTest : public ::testing::Test {
 protected:
  metrics::Registry registry_;
  ServerCounters counters_{registry_};
};

TEST_F(ServerCountersTest, AreNotThereBeforeTheServerHasSpoken) {
  EXPECT_THAT(registry_.Names(), IsEmpty());
}

TEST_F(ServerCountersTest, AreWhatTheServerSays) {
  counters_.Take(kReceived, "1200");
  counters_.Take("$SYS/broker/messages/sent", "7");
  counters_.Take("$SYS/broker/clients/connected", "34");
  counters_.Take("$SYS/broker/clients/connected", "33");
  counters_.Take("$SYS/broker/store/messages/bytes", "4096");
  const std::string text = registry_.Text();
  EXPECT_THAT(text, HasSubstr(R"(nara_mqtt_packets_total{direction="received"} 1200)"));
  EXPECT_THAT(text, HasSubstr(R"(nara_mqtt_packets_total{direction="sent"} 7)"));
  EXPECT_THAT(text, HasSubstr(R"(nara_mqtt_clients_count{state="connected"} 33)"));
  EXPECT_THAT(text, HasSubstr("nara_mqtt_stored_bytes 4096"));
}

TEST_F(ServerCountersTest, GoOnWhenTheServerStartsAgain) {
  counters_.Take(kReceived, "100");
  counters_.Take(kReceived, "3");
  counters_.Take(kReceived, "5");
  EXPECT_THAT(registry_.Text(), HasSubstr(R"(direction="received"} 105)"));
  counters_.Take(kReceived, "0");
  EXPECT_THAT(registry_.Text(), HasSubstr(R"(direction="received"} 105)"));
}

TEST_F(ServerCountersTest, TellHowManyMessagesWereDroppedSinceTheyWereLastSaid) {
  EXPECT_EQ(counters_.Take(kDropped, "10"), 0U) << "nobody knows since when";
  EXPECT_EQ(counters_.Take(kDropped, "10"), 0U);
  EXPECT_EQ(counters_.Take(kDropped, "12"), 2U);
  EXPECT_EQ(counters_.Take(kDropped, "3"), 3U) << "of a server that has started again";
  EXPECT_THAT(registry_.Text(), HasSubstr("nara_mqtt_publishes_dropped_total 15"));
}

TEST_F(ServerCountersTest, TellOfNothingElse) {
  counters_.Take(kReceived, "1");
  EXPECT_EQ(counters_.Take(kReceived, "100"), 0U);
  EXPECT_EQ(counters_.Take("$SYS/broker/clients/maximum", "100"), 0U);
}

TEST_F(ServerCountersTest, IgnoreWhatTheyCannotRead) {
  for (const char* payload : {"", "x", "-1", "nan", "inf", "1 2", "5 seconds"}) {
    EXPECT_EQ(counters_.Take(kDropped, payload), 0U) << payload;
  }
  counters_.Take("$SYS/broker/uptime", "5");
  EXPECT_THAT(registry_.Names(), IsEmpty());
}

TEST_F(ServerCountersTest, UnderstandWhatTheyAreSubscribedTo) {
  for (const std::string& topic : ServerCounters::Topics()) {
    EXPECT_TRUE(topic.starts_with(kServerStatistics)) << topic;
    counters_.Take(topic, "1");
  }
  EXPECT_THAT(registry_.Text(), HasSubstr("nara_mqtt_clients_most_count 1"));
}

TEST(ServerDropped, IsOfThePlatformAndOfNoDevice) {
  const auto dropped = ReadServerDropped(kServerDroppedTopic);
  ASSERT_TRUE(dropped);
  EXPECT_EQ(dropped->origin.device, kServerDevice);
  EXPECT_EQ(ShardOf(kServerDevice), kCountersShard) << "whose session tells it";
  EXPECT_TRUE(dropped->origin.platform && dropped->origin.answered);
  EXPECT_EQ(dropped->refusal.reason, kServerDropped);
  EXPECT_FALSE(ReadServerDropped("nara/v1/03/123456789/alarm"));
}

}  // namespace
}  // namespace nara::ingest
