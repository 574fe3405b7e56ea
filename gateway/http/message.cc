#include "gateway/http/message.h"

#include <optional>
#include <string_view>

namespace nara::gateway {
namespace {

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<std::string> Decode(std::string_view text, bool plus_is_space) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      if (i + 2 >= text.size()) return std::nullopt;
      const int high = HexDigit(text[i + 1]);
      const int low = HexDigit(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      c = static_cast<char>(high * 16 + low);
      i += 2;
    } else if (c == '+' && plus_is_space) {
      c = ' ';
    }
    if (c == '\0') return std::nullopt;
    decoded += c;
  }
  return decoded;
}

bool Climbs(std::string_view path) {
  return path.find("/../") != path.npos || path.ends_with("/..") || path.find('\\') != path.npos;
}

// Calls `take(piece)` for each piece between separators; stops and returns false when it does.
template <typename Take>
bool ForEachPiece(std::string_view text, char separator, const Take& take) {
  while (!text.empty()) {
    const std::size_t end = text.find(separator);
    if (!take(text.substr(0, end))) return false;
    text = end == text.npos ? std::string_view() : text.substr(end + 1);
  }
  return true;
}

}  // namespace

bool ParseTarget(const std::string& target, Request& request) {
  const std::string_view text(target);
  if (!text.starts_with('/')) return false;
  const std::size_t question = text.find('?');
  const auto path = Decode(text.substr(0, question), false);
  if (!path || Climbs(*path)) return false;
  request.path = *path;
  if (question == text.npos) return true;
  return ForEachPiece(text.substr(question + 1), '&', [&](std::string_view piece) {
    const std::size_t equals = piece.find('=');
    const auto key = Decode(piece.substr(0, equals), true);
    const auto value = Decode(equals == piece.npos ? "" : piece.substr(equals + 1), true);
    if (!key || !value) return false;
    request.query[*key] = *value;
    return true;
  });
}

void ParseCookies(const std::string& header, Request& request) {
  ForEachPiece(header, ';', [&](std::string_view piece) {
    piece.remove_prefix(std::min(piece.find_first_not_of(' '), piece.size()));
    const std::size_t equals = piece.find('=');
    if (equals != piece.npos) request.cookies[std::string(piece.substr(0, equals))] = piece.substr(equals + 1);
    return true;
  });
}

}  // namespace nara::gateway
