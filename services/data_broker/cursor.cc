#include "data_broker/cursor.h"

#include <algorithm>

#include "data_broker/varint.h"

namespace nara::broker {
namespace {

constexpr char kVersion = 1;
constexpr std::string_view kUse = "cursor";

absl::Status Damaged() {
  return absl::InvalidArgumentError("the cursor is damaged");
}

}  // namespace

std::string PackPositions(const Positions& positions) {
  const std::uint64_t newest = std::ranges::max(positions).ms;
  std::string bytes(1, kVersion);
  PutVarint(bytes, newest);
  for (const Position& position : positions) {
    PutVarint(bytes, newest - position.ms);
    PutVarint(bytes, position.seq);
  }
  return bytes;
}

absl::StatusOr<Positions> UnpackPositions(std::string_view bytes) {
  std::uint64_t newest = 0;
  if (bytes.empty() || bytes.front() != kVersion) return Damaged();
  bytes.remove_prefix(1);
  if (!TakeVarint(bytes, newest)) return Damaged();
  Positions positions;
  for (Position& position : positions) {
    std::uint64_t age = 0;
    if (!TakeVarint(bytes, age) || age > newest || !TakeVarint(bytes, position.seq)) {
      return Damaged();
    }
    position.ms = newest - age;
  }
  if (!bytes.empty()) return Damaged();
  return positions;
}

std::string MakeCursor(const Seal& seal, std::string_view caller, const Positions& positions) {
  return seal.Close(kUse, caller, PackPositions(positions));
}

absl::StatusOr<Positions> ReadCursor(const Seal& seal, std::string_view caller, std::string_view cursor) {
  const absl::StatusOr<std::string> bytes = seal.Open(kUse, caller, cursor);
  if (!bytes.ok()) return bytes.status();
  return UnpackPositions(*bytes);
}

}  // namespace nara::broker
