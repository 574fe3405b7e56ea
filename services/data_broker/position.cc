#include "data_broker/position.h"

#include <algorithm>

namespace nara::broker {

Positions Latest(const Positions& a, const Positions& b) {
  Positions latest;
  std::ranges::transform(a, b, latest.begin(), [](Position x, Position y) { return std::max(x, y); });
  return latest;
}

bool Covers(const Positions& a, const Positions& b) {
  return std::ranges::equal(a, b, [](Position x, Position y) { return x >= y; });
}

std::chrono::milliseconds AgeOf(Position position, absl::Time now) {
  const auto age = std::chrono::milliseconds(absl::ToUnixMillis(now)) - std::chrono::milliseconds(position.ms);
  return std::max(age, std::chrono::milliseconds(0));
}

}  // namespace nara::broker
