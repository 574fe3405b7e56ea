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

}  // namespace nara::broker
