// MQTT 3.1.1 as the load generator needs it, to the byte (OASIS MQTT 3.1.1, chapter 3):
// a library reads a header byte by byte, and would cost more than what is measured.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace nara::load {

enum class PacketType : std::uint8_t {
  kConnect = 1,
  kConnack = 2,
  kPublish = 3,
  kPuback = 4,
  kSubscribe = 8,
  kSuback = 9,
};

struct Packet {
  PacketType type = PacketType::kConnect;
  std::uint8_t flags = 0;
  std::string_view body;  // into what was read
};

// What a PUBLISH carries; `id` is 0 for QoS 0.
struct Published {
  std::uint16_t id = 0;
  std::string_view topic;
  std::string_view payload;
};

// The first packet of `bytes`, which is taken from it; nothing while it is not whole.
std::optional<Packet> TakePacket(std::string_view& bytes);

// 0 for a packet without one.
std::uint16_t IdOf(const Packet& packet);
Published PublishedIn(const Packet& packet);

// A clean session, without user name when `password` is empty.
void AddConnect(std::string& out, std::string_view client_id, std::string_view password);
void AddSubscribe(std::string& out, std::uint16_t id, std::string_view filter, int qos);
void AddPublish(std::string& out, std::uint16_t id, std::string_view topic, std::string_view payload);  // QoS 1
void AddPuback(std::string& out, std::uint16_t id);

}  // namespace nara::load
