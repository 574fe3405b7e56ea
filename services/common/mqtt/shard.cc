#include "common/mqtt/shard.h"

#include <algorithm>
#include <array>

namespace nara {
namespace {

constexpr std::array<std::uint16_t, 256> MakeTable() {
  std::array<std::uint16_t, 256> table{};
  for (unsigned byte = 0; byte < 256; ++byte) {
    unsigned crc = byte << 8;
    for (int bit = 0; bit < 8; ++bit) crc = (crc << 1) ^ ((crc & 0x8000) != 0 ? 0x1021 : 0);
    table[byte] = static_cast<std::uint16_t>(crc);
  }
  return table;
}

constexpr auto kTable = MakeTable();

bool IsLowerOrDigit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

}  // namespace

char LaneLetter(Lane lane) {
  return lane == Lane::kAlarm ? 'a' : 'm';
}

std::string_view LaneName(Lane lane) {
  return lane == Lane::kAlarm ? "alarm" : "measurement";
}

std::uint16_t Crc16(std::string_view bytes) {
  unsigned crc = 0;
  for (const char c : bytes) {
    crc = ((crc << 8) & 0xffff) ^ kTable[(crc >> 8) ^ static_cast<unsigned char>(c)];
  }
  return static_cast<std::uint16_t>(crc);
}

int ShardOf(std::string_view device) {
  return Crc16(device) % kShardCount;
}

std::string ShardText(int shard) {
  return {static_cast<char>('0' + shard / 10), static_cast<char>('0' + shard % 10)};
}

std::optional<int> ParseShard(std::string_view text) {
  if (text.size() != 2) return std::nullopt;
  if (text[0] < '0' || text[0] > '9' || text[1] < '0' || text[1] > '9') return std::nullopt;
  const int shard = (text[0] - '0') * 10 + (text[1] - '0');
  if (shard >= kShardCount) return std::nullopt;
  return shard;
}

bool IsDeviceId(std::string_view text) {
  if (text.size() < 3 || text.size() > 63 || !IsLowerOrDigit(text.front()) || text.starts_with("nara-")) return false;
  return std::ranges::all_of(text, [](char c) { return IsLowerOrDigit(c) || c == '-'; });
}

}  // namespace nara
