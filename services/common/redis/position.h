#pragma once

// Where an entry stands in a log: Redis' stream id. Positions of one log are
// ordered; of different logs they have nothing to say to each other.

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace nara {

struct Position {
  std::uint64_t ms = 0;   // Redis' clock, milliseconds since 1970
  std::uint64_t seq = 0;  // order within the millisecond

  // "1700000000000-0". The default position, "0-0", is before every entry.
  std::string ToString() const;
  // The reverse, strict: both numbers, no signs, spaces or leading zeros.
  static absl::StatusOr<Position> Parse(std::string_view text);

  // The smallest position behind this one.
  Position Next() const;

  friend auto operator<=>(const Position&, const Position&) = default;
};

}  // namespace nara
