#include "device_registry/identity/guard_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nara::registry {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

TEST(GuardListTest, NobodyIsAListToo) {
  EXPECT_THAT(PartsOf({.generation = 7, .devices = {}, .serials = {}}), ElementsAre("7 1 1\n"));
}

TEST(GuardListTest, NamesDevicesAndCertificates) {
  EXPECT_THAT(PartsOf({.generation = 7, .devices = {"bp-0001"}, .serials = {"0a"}}),
              ElementsAre("7 1 1\ndevice bp-0001\nserial 0a\n"));
}

TEST(GuardListTest, ALongListIsCutBetweenLines) {
  const std::vector<std::string> devices = {"bp-0001", "bp-0002", "bp-0003"};
  EXPECT_THAT(PartsOf({.generation = 7, .devices = devices, .serials = {}}, 64 + 32),
              ElementsAre("7 1 2\ndevice bp-0001\ndevice bp-0002\n", "7 2 2\ndevice bp-0003\n"));
}

TEST(GuardListTest, NoPartIsTooLong) {
  RevokedList list{.generation = UINT64_MAX, .devices = {}, .serials = {}};
  for (int i = 0; i < 20'000; ++i) list.devices.push_back("device-" + std::to_string(i));
  const std::vector<std::string> parts = PartsOf(list);
  EXPECT_THAT(parts, SizeIs(testing::Gt(1u)));
  for (const std::string& part : parts) EXPECT_LE(part.size(), kMaxPart);
}

TEST(GuardListTest, ReadsWhichListIsInForce) {
  EXPECT_EQ(ReadInForce(R"({"generation":7,"devices":1,"serials":0})"), 7u);
  for (const char* bad : {"", "{}", R"({"generation":)", R"({"generation":x,)", R"({"generation":7)", "7"}) {
    EXPECT_EQ(ReadInForce(bad), std::nullopt) << bad;
  }
}

}  // namespace
}  // namespace nara::registry
