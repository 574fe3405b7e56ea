#include "common/redis/position.h"

#include <charconv>
#include <limits>

#include "absl/status/status.h"

namespace nara {
namespace {

bool ParseNumber(std::string_view text, std::uint64_t& value) {
  if (text.empty() || (text.size() > 1 && text[0] == '0')) return false;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  return error == std::errc() && stop == end;
}

}  // namespace

std::string Position::ToString() const {
  return std::to_string(ms) + "-" + std::to_string(seq);
}

absl::StatusOr<Position> Position::Parse(std::string_view text) {
  Position position;
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos || !ParseNumber(text.substr(0, dash), position.ms) ||
      !ParseNumber(text.substr(dash + 1), position.seq)) {
    return absl::InvalidArgumentError("a log position is written <milliseconds>-<sequence>");
  }
  return position;
}

Position Position::Next() const {
  if (seq == std::numeric_limits<std::uint64_t>::max()) return {ms + 1, 0};
  return {ms, seq + 1};
}

}  // namespace nara
