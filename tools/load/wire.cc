#include "tools/load/wire.h"

#include <algorithm>

namespace nara::load {
namespace {

constexpr std::uint16_t kKeepAlive = 600;  // seconds
constexpr int kMostLengthBytes = 4;

std::uint16_t Number(std::string_view bytes) {
  return static_cast<std::uint16_t>(static_cast<std::uint8_t>(bytes[0]) << 8 | static_cast<std::uint8_t>(bytes[1]));
}

void AddNumber(std::string& out, std::size_t number) {
  out.push_back(static_cast<char>(number >> 8));
  out.push_back(static_cast<char>(number));
}

void AddText(std::string& out, std::string_view text) {
  AddNumber(out, text.size());
  out.append(text);
}

void AddHeader(std::string& out, PacketType type, int flags, std::size_t length) {
  out.push_back(static_cast<char>(static_cast<int>(type) << 4 | flags));
  do {
    const auto low = static_cast<char>(length & 0x7f);
    length >>= 7;
    out.push_back(static_cast<char>(length > 0 ? low | 0x80 : low));
  } while (length > 0);
}

}  // namespace

std::optional<Packet> TakePacket(std::string_view& bytes) {
  std::size_t length = 0;
  for (int i = 1; i <= kMostLengthBytes && static_cast<std::size_t>(i) < bytes.size(); ++i) {
    const auto part = static_cast<std::uint8_t>(bytes[static_cast<std::size_t>(i)]);
    length |= static_cast<std::size_t>(part & 0x7f) << (7 * (i - 1));
    if ((part & 0x80) != 0) continue;
    const auto header = static_cast<std::size_t>(i) + 1;
    if (bytes.size() < header + length) return std::nullopt;
    const auto first = static_cast<std::uint8_t>(bytes[0]);
    const Packet packet{static_cast<PacketType>(first >> 4), static_cast<std::uint8_t>(first & 0x0f),
                        bytes.substr(header, length)};
    bytes.remove_prefix(header + length);
    return packet;
  }
  return std::nullopt;
}

std::uint16_t IdOf(const Packet& packet) {
  return packet.body.size() < 2 ? 0 : Number(packet.body);
}

Published PublishedIn(const Packet& packet) {
  Published published;
  std::string_view rest = packet.body;
  if (rest.size() < 2) return published;
  const std::size_t topic = std::min<std::size_t>(Number(rest), rest.size() - 2);
  published.topic = rest.substr(2, topic);
  rest.remove_prefix(2 + topic);
  if ((packet.flags & 0x06) != 0 && rest.size() >= 2) {
    published.id = Number(rest);
    rest.remove_prefix(2);
  }
  published.payload = rest;
  return published;
}

void AddConnect(std::string& out, std::string_view client_id, std::string_view password) {
  constexpr int kCleanSession = 0x02;
  constexpr int kUserAndPassword = 0xc0;
  std::string body;
  AddText(body, "MQTT");
  body.push_back(4);
  body.push_back(static_cast<char>(password.empty() ? kCleanSession : kCleanSession | kUserAndPassword));
  AddNumber(body, kKeepAlive);
  AddText(body, client_id);
  if (!password.empty()) {
    AddText(body, client_id);
    AddText(body, password);
  }
  AddHeader(out, PacketType::kConnect, 0, body.size());
  out.append(body);
}

void AddSubscribe(std::string& out, std::uint16_t id, std::string_view filter, int qos) {
  AddHeader(out, PacketType::kSubscribe, 0x02, 2 + 2 + filter.size() + 1);
  AddNumber(out, id);
  AddText(out, filter);
  out.push_back(static_cast<char>(qos));
}

void AddPublish(std::string& out, std::uint16_t id, std::string_view topic, std::string_view payload) {
  AddHeader(out, PacketType::kPublish, 0x02, 2 + topic.size() + 2 + payload.size());
  AddText(out, topic);
  AddNumber(out, id);
  out.append(payload);
}

void AddPuback(std::string& out, std::uint16_t id) {
  AddHeader(out, PacketType::kPuback, 0, 2);
  AddNumber(out, id);
}

}  // namespace nara::load
