#include "tools/load/wire.h"

#include <gtest/gtest.h>

namespace nara::load {
namespace {

TEST(Wire, APacketIsTakenWhenItIsWhole) {
  std::string bytes;
  AddPublish(bytes, 7, "nara/v1/07/bp-1/up", std::string(300, 'x'));
  for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
    std::string_view part = std::string_view(bytes).substr(0, cut);
    EXPECT_FALSE(TakePacket(part).has_value()) << cut;
    EXPECT_EQ(part.size(), cut);
  }
  std::string_view whole = bytes;
  const std::optional<Packet> packet = TakePacket(whole);
  ASSERT_TRUE(packet.has_value());
  EXPECT_TRUE(whole.empty());
  const Published published = PublishedIn(*packet);
  EXPECT_EQ(published.id, 7);
  EXPECT_EQ(published.topic, "nara/v1/07/bp-1/up");
  EXPECT_EQ(published.payload, std::string(300, 'x'));
}

TEST(Wire, OneAfterTheOther) {
  std::string bytes;
  AddPuback(bytes, 1);
  AddPuback(bytes, 65535);
  std::string_view rest = bytes;
  EXPECT_EQ(IdOf(*TakePacket(rest)), 1);
  EXPECT_EQ(IdOf(*TakePacket(rest)), 65535);
  EXPECT_FALSE(TakePacket(rest).has_value());
}

TEST(Wire, WithoutAPasswordThereIsNoUserName) {
  std::string with, without;
  AddConnect(with, "bp-1", "secret");
  AddConnect(without, "bp-1", "");
  EXPECT_EQ(without, std::string("\x10\x10\x00\x04MQTT\x04\x02\x02\x58\x00\x04"
                                 "bp-1",
                                 18));
  EXPECT_EQ(with.size(), without.size() + 2 + 4 + 2 + 6);
}

TEST(Wire, APublishThatIsCutShortIsEmpty) {
  EXPECT_EQ(PublishedIn({PacketType::kPublish, 0x02, ""}).topic, "");
  EXPECT_EQ(PublishedIn({PacketType::kPublish, 0x02, std::string_view("\x00\x09top", 5)}).topic, "top");
}

}  // namespace
}  // namespace nara::load
