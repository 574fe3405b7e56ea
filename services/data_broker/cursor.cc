#include "data_broker/cursor.h"

#include <algorithm>

#include "data_broker/varint.h"

namespace nara::broker {
namespace {

constexpr char kWithoutNotices = 1;
constexpr char kVersion = 2;
constexpr std::string_view kUse = "cursor";

absl::Status Damaged() {
  return absl::InvalidArgumentError("the cursor is damaged");
}

}  // namespace

std::string PackPlace(const Place& place) {
  const std::uint64_t newest = std::ranges::max(place.logs).ms;
  std::string bytes(1, kVersion);
  PutVarint(bytes, newest);
  for (const Position& position : place.logs) {
    PutVarint(bytes, newest - position.ms);
    PutVarint(bytes, position.seq);
  }
  PutVarint(bytes, place.notice);
  return bytes;
}

absl::StatusOr<Place> UnpackPlace(std::string_view bytes) {
  std::uint64_t newest = 0;
  if (bytes.empty() || (bytes.front() != kVersion && bytes.front() != kWithoutNotices)) return Damaged();
  const bool notices = bytes.front() == kVersion;
  bytes.remove_prefix(1);
  if (!TakeVarint(bytes, newest)) return Damaged();
  Place place;
  for (Position& position : place.logs) {
    std::uint64_t age = 0;
    if (!TakeVarint(bytes, age) || age > newest || !TakeVarint(bytes, position.seq)) {
      return Damaged();
    }
    position.ms = newest - age;
  }
  if (notices && !TakeVarint(bytes, place.notice)) return Damaged();
  if (!bytes.empty()) return Damaged();
  return place;
}

std::string MakeCursor(const Seal& seal, std::string_view caller, const Place& place) {
  return seal.Close(kUse, caller, PackPlace(place));
}

absl::StatusOr<Place> ReadCursor(const Seal& seal, std::string_view caller, std::string_view cursor) {
  const absl::StatusOr<std::string> bytes = seal.Open(kUse, caller, cursor);
  if (!bytes.ok()) return bytes.status();
  return UnpackPlace(*bytes);
}

}  // namespace nara::broker
