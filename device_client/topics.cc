#include "device_client/topics.h"

#include <algorithm>
#include <cstdint>

namespace nara::device_client {
namespace {

constexpr int kShards = 16;
constexpr uint16_t kPolynomial = 0x1021;

bool IsLowerOrDigit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

uint16_t Crc16(std::string_view text) {
  uint32_t crc = 0;
  for (const char c : text) {
    crc ^= static_cast<uint32_t>(static_cast<uint8_t>(c)) << 8U;
    for (int bit = 0; bit < 8; ++bit) {
      crc = (crc & 0x8000U) != 0 ? (crc << 1U) ^ kPolynomial : crc << 1U;
    }
    crc &= 0xFFFFU;
  }
  return static_cast<uint16_t>(crc);
}

}  // namespace

bool IsDeviceId(std::string_view id) {
  return id.size() >= 3 && id.size() <= 63 && IsLowerOrDigit(id.front()) && id.substr(0, 5) != "nara-" &&
         std::all_of(id.begin(), id.end(), [](char c) { return c == '-' || IsLowerOrDigit(c); });
}

int ShardOf(std::string_view device) {
  return Crc16(device) % kShards;
}

Topics TopicsOf(const std::string& device) {
  const int shard = ShardOf(device);
  const std::string base = "nara/v1/" + std::to_string(shard / 10) + std::to_string(shard % 10) + "/" + device + "/";
  return {.up = base + "up",
          .alarm = base + "alarm",
          .receipt = base + "receipt",
          .down = base + "down",
          .status = base + "status"};
}

}  // namespace nara::device_client
