#include "deploy/mosquitto/guard/rules.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace nara::guard {
namespace {

constexpr char kDevice[] = "bp-0001";
constexpr char kReport[] = "nara/v1/guard/refused/alarm/07/bp-0001/publish/other_device";
constexpr char kTwoPlaces[] = "nara/v1/guard/two_places/07/bp-0001";
constexpr char kFlood[] = "nara/v1/guard/flood/07/bp-0001";

std::string Own(const std::string& channel) {
  return "nara/v1/" + ShardOf(kDevice) + "/" + kDevice + "/" + channel;
}

std::optional<Refusal> Device(Access access, const std::string& topic, bool retain = false) {
  return CheckDevice(kDevice, access, topic, retain);
}

TEST(Shard, IsRedisCrc16ModSixteen) {
  EXPECT_EQ(ShardOf("123456789"), "03");  // 0x31C3, the check value of CRC16-CCITT/XMODEM
}

TEST(DeviceId, HoldsLowerCaseDigitsAndDashes) {
  EXPECT_TRUE(IsDeviceId("bp-0001"));
  EXPECT_TRUE(IsDeviceId(std::string(63, 'a')));
  for (const std::string bad : {"", "ab", "-ab", "Abc", "a/b", "a+b", "abc#", "å12", "a b c"}) {
    EXPECT_FALSE(IsDeviceId(bad)) << bad;
  }
  EXPECT_FALSE(IsDeviceId(std::string(64, 'a')));
  EXPECT_FALSE(IsDeviceId("nara-alarm-07")) << "a client id of the platform";
  EXPECT_FALSE(IsDeviceId(std::string_view("ab\0c", 4)));
}

TEST(ADevice, WritesItsUplinksAndItsStatus) {
  for (const char* channel : {"up", "alarm", "up/json", "alarm/json", "status"}) {
    EXPECT_EQ(Device(Access::kWrite, Own(channel)), std::nullopt) << channel;
  }
}

TEST(ADevice, ReadsItsReceiptsAndCommands) {
  for (const char* channel : {"receipt", "down"}) {
    EXPECT_EQ(Device(Access::kSubscribe, Own(channel)), std::nullopt) << channel;
    EXPECT_EQ(Device(Access::kRead, Own(channel)), std::nullopt) << channel;
  }
}

TEST(ADevice, DoesNotForgeReceiptsOrReadUplinks) {
  EXPECT_EQ(Device(Access::kWrite, Own("receipt")), Refusal::kTopic);
  EXPECT_EQ(Device(Access::kWrite, Own("down")), Refusal::kTopic);
  EXPECT_EQ(Device(Access::kSubscribe, Own("up")), Refusal::kTopic);
  EXPECT_EQ(Device(Access::kRead, Own("up")), Refusal::kTopic);
}

TEST(ADevice, KeepsToItself) {
  EXPECT_EQ(Device(Access::kWrite, "nara/v1/" + ShardOf("bp-0002") + "/bp-0002/up"), Refusal::kOtherDevice);
  EXPECT_EQ(Device(Access::kSubscribe, "nara/v1/" + ShardOf("bp-0002") + "/bp-0002/down"), Refusal::kOtherDevice);
}

TEST(ADevice, KeepsToItsShard) {
  const std::string wrong = ShardOf(kDevice) == "00" ? "01" : "00";
  EXPECT_EQ(Device(Access::kWrite, "nara/v1/" + wrong + "/" + kDevice + "/up"), Refusal::kWrongShard);
}

TEST(ADevice, GetsNoWildcards) {
  for (const char* filter : {"nara/v1/#", "#", "+/+/+/+/+", "nara/v1/+/bp-0001/receipt", "$SYS/#"}) {
    EXPECT_EQ(Device(Access::kSubscribe, filter), Refusal::kWildcard) << filter;
  }
}

TEST(ADevice, HasNoOtherTopics) {
  for (const char* topic :
       {"", "nara", "nara/v1/", "nara/v1/00", "nara/v1/00/x", "other/v1/00/bp-0001/up", "$SYS/broker/uptime",
        "$CONTROL/dynamic-security/v1", "nara/v2/00/bp-0001/up", "$share/g/nara/v1/00/bp-0001/down"}) {
    EXPECT_EQ(Device(Access::kWrite, topic), Refusal::kTopic) << topic;
    EXPECT_EQ(Device(Access::kSubscribe, topic), Refusal::kTopic) << topic;
  }
  EXPECT_EQ(Device(Access::kWrite, Own("up/xml")), Refusal::kTopic);
  EXPECT_EQ(Device(Access::kWrite, Own("")), Refusal::kTopic);
}

TEST(ADevice, RetainsNothing) {
  EXPECT_EQ(Device(Access::kWrite, Own("status"), true), Refusal::kRetained);
}

TEST(ADevice, NeedsAProperId) {
  EXPECT_EQ(CheckDevice("+", Access::kWrite, "nara/v1/00/+/up", false), Refusal::kDeviceId);
}

TEST(Services, AreIngestAndTheAdministrator) {
  EXPECT_EQ(ServiceOf("nara-ingest"), Service::kIngest);
  EXPECT_EQ(ServiceOf("nara-admin"), Service::kAdmin);
  for (const char* name : {"", "nara-gateway", "nara-ingest2", "bp-0001"})
    EXPECT_EQ(ServiceOf(name), std::nullopt) << name;
}

TEST(ADevice, ComesInUnderItsOwnIdOnly) {
  EXPECT_EQ(CheckDeviceLogin(kDevice, kDevice), std::nullopt);
  EXPECT_EQ(CheckDeviceLogin(kDevice, "bp-0002"), Refusal::kClientId);
  EXPECT_EQ(CheckDeviceLogin(kDevice, ""), Refusal::kClientId);
  EXPECT_EQ(CheckDeviceLogin("", ""), Refusal::kDeviceId);
  EXPECT_EQ(CheckDeviceLogin("NOT-A-DEVICE", "NOT-A-DEVICE"), Refusal::kDeviceId);
}

TEST(ADevice, DoesNotTakeASessionOfThePlatform) {
  for (const char* id : {"nara-alarm-07", "nara-measurement-00", "nara-admin", "nara-x"}) {
    EXPECT_EQ(CheckDeviceLogin(id, id), Refusal::kDeviceId) << id;
  }
}

TEST(AService, ComesInUnderIdsOfItsOwn) {
  for (const char* id : {"nara-alarm-07", "nara-measurement-00", "nara-ingest"}) {
    EXPECT_EQ(CheckServiceLogin("nara-ingest", id), std::nullopt) << id;
    EXPECT_EQ(CheckServiceLogin("nara-admin", id), Refusal::kClientId) << id;
  }
  EXPECT_EQ(CheckServiceLogin("nara-admin", "nara-admin"), std::nullopt);
  EXPECT_EQ(CheckServiceLogin("nara-admin", "nara-admin-2"), std::nullopt);
  for (const char* id : {"", kDevice, "auto-1"}) {
    EXPECT_EQ(CheckServiceLogin("nara-ingest", id), Refusal::kClientId) << id;
    EXPECT_EQ(CheckServiceLogin("nara-admin", id), Refusal::kClientId) << id;
  }
  EXPECT_EQ(CheckServiceLogin("nara-gateway", "nara-gateway"), Refusal::kService);
  EXPECT_EQ(CheckServiceLogin("nara-device-registry", "nara-device-registry"), std::nullopt);
  EXPECT_EQ(CheckServiceLogin("nara-device-registry", "nara-alarm-07"), Refusal::kClientId);
}

TEST(TheRegistry, SaysWhoIsRevokedAndNothingElse) {
  EXPECT_EQ(CheckService(Service::kRegistry, Access::kWrite, kRevokedTopic, false), std::nullopt);
  EXPECT_EQ(CheckService(Service::kRegistry, Access::kWrite, kRevokedTopic, true), Refusal::kRetained);
  for (const Access access : {Access::kRead, Access::kSubscribe}) {
    EXPECT_EQ(CheckService(Service::kRegistry, access, kInForceTopic, false), std::nullopt);
    EXPECT_EQ(CheckService(Service::kRegistry, access, kRevokedTopic, false), Refusal::kTopic);
    EXPECT_EQ(CheckService(Service::kRegistry, access, "nara/v1/#", false), Refusal::kTopic);
    EXPECT_EQ(CheckService(Service::kRegistry, access, Own("up"), false), Refusal::kTopic);
  }
  for (const std::string& topic :
       {Own("down"), Own("receipt"), std::string(kInForceTopic), std::string(kRefusalsTopic)}) {
    EXPECT_EQ(CheckService(Service::kRegistry, Access::kWrite, topic, false), Refusal::kTopic) << topic;
  }
}

TEST(WhoIsRevoked, IsSaidByNobodyElse) {
  EXPECT_EQ(CheckDevice(kDevice, Access::kWrite, kRevokedTopic, false), Refusal::kTopic);
  for (const Service service : {Service::kIngest, Service::kAdmin}) {
    EXPECT_EQ(CheckService(service, Access::kWrite, kRevokedTopic, false), Refusal::kTopic);
    EXPECT_EQ(CheckService(service, Access::kRead, kRevokedTopic, false), Refusal::kTopic);
  }
}

TEST(Ingest, SubscribesByShardAndReadsUplinks) {
  EXPECT_EQ(CheckService(Service::kIngest, Access::kSubscribe, "nara/v1/07/+/up/#", false), std::nullopt);
  EXPECT_EQ(CheckService(Service::kIngest, Access::kRead, Own("alarm/json"), false), std::nullopt);
  EXPECT_EQ(CheckService(Service::kIngest, Access::kRead, Own("down"), false), Refusal::kTopic);
  EXPECT_EQ(CheckService(Service::kIngest, Access::kSubscribe, "#", false), Refusal::kTopic);
}

TEST(Ingest, WritesReceiptsAndCommandsOnly) {
  EXPECT_EQ(CheckService(Service::kIngest, Access::kWrite, Own("receipt"), false), std::nullopt);
  EXPECT_EQ(CheckService(Service::kIngest, Access::kWrite, Own("down"), false), std::nullopt);
  EXPECT_EQ(CheckService(Service::kIngest, Access::kWrite, Own("up"), false), Refusal::kTopic);
  EXPECT_EQ(CheckService(Service::kIngest, Access::kWrite, Own("down"), true), Refusal::kRetained);
  EXPECT_EQ(CheckService(Service::kIngest, Access::kWrite, "nara/v1/99/bp-0001/down", false), Refusal::kWrongShard);
}

TEST(TheAdministrator, ReadsCountersAndStatistics) {
  for (const char* topic : {kRefusalsTopic, "$SYS/broker/uptime"}) {
    EXPECT_EQ(CheckService(Service::kAdmin, Access::kSubscribe, topic, false), std::nullopt) << topic;
    EXPECT_EQ(CheckService(Service::kAdmin, Access::kRead, topic, false), std::nullopt) << topic;
  }
  EXPECT_EQ(CheckService(Service::kAdmin, Access::kSubscribe, "$SYS/broker/#", false), std::nullopt);
}

TEST(TheAdministrator, SeesNoDevicesDataAndWritesNothing) {
  for (const std::string& topic : {Own("up"), Own("alarm/json"), Own("status"), Own("receipt"), Own("down"),
                                   std::string(kReport), std::string(kTwoPlaces), std::string(kFlood)}) {
    EXPECT_EQ(CheckService(Service::kAdmin, Access::kRead, topic, false), Refusal::kTopic) << topic;
    EXPECT_EQ(CheckService(Service::kAdmin, Access::kSubscribe, topic, false), Refusal::kTopic) << topic;
    EXPECT_EQ(CheckService(Service::kAdmin, Access::kWrite, topic, false), Refusal::kTopic) << topic;
  }
  for (const char* filter :
       {"#", "+/#", "nara/#", "nara/v1/#", "nara/v1/+/+/up", "nara/v1/guard/#", "$share/g/nara/v1/#"}) {
    EXPECT_EQ(CheckService(Service::kAdmin, Access::kSubscribe, filter, false), Refusal::kTopic) << filter;
  }
}

TEST(TheGuardsReports, AreReadByIngestAndWrittenByNobody) {
  EXPECT_EQ(CheckService(Service::kIngest, Access::kSubscribe, "nara/v1/guard/refused/alarm/07/#", false),
            std::nullopt);
  for (const std::string& topic :
       {std::string(kReport), std::string(kTwoPlaces), std::string(kFlood), std::string(kRefusalsTopic)}) {
    EXPECT_EQ(CheckService(Service::kIngest, Access::kRead, topic, false), std::nullopt) << topic;
    EXPECT_NE(CheckService(Service::kIngest, Access::kWrite, topic, false), std::nullopt) << topic;
    EXPECT_NE(Device(Access::kWrite, topic), std::nullopt) << topic;
    EXPECT_NE(Device(Access::kSubscribe, topic), std::nullopt) << topic;
    EXPECT_NE(Device(Access::kRead, topic), std::nullopt) << topic;
  }
  for (const char* device : {"refused", "guard"}) {
    EXPECT_NE(CheckDevice(device, Access::kWrite, "nara/v1/guard/refused/up", false), std::nullopt) << device;
  }
}

TEST(AlarmTopics, AreThoseOfEveryDeviceAndShard) {
  EXPECT_TRUE(IsAlarmTopic("nara/v1/07/bp-0001/alarm"));
  EXPECT_TRUE(IsAlarmTopic("nara/v1/99/x/alarm/json"));
  for (const char* topic : {"nara/v1/07/bp-0001/up", "nara/v1/07/bp-0001/alarms", "alarm", "", "nara/v1/07/alarm"}) {
    EXPECT_FALSE(IsAlarmTopic(topic)) << topic;
  }
}

TEST(Loopback, IsThisMachine) {
  for (const char* address : {"127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1"}) EXPECT_TRUE(IsLoopback(address));
  for (const char* address : {"", "10.0.0.1", "1127.0.0.1", "::2", "::ffff:10.0.0.1"})
    EXPECT_FALSE(IsLoopback(address));
}

TEST(Names, DifferForEveryReason) {
  std::set<std::string_view> names;
  for (int i = 0; i < kRefusalCount; ++i) names.insert(Name(static_cast<Refusal>(i)));
  EXPECT_EQ(names.size(), static_cast<size_t>(kRefusalCount));
}

}  // namespace
}  // namespace nara::guard
