#include "tools/platform/reason.h"

#include <algorithm>
#include <charconv>

#include "absl/strings/ascii.h"
#include "absl/strings/str_format.h"
#include "common/log/json_line.h"

namespace nara::tools {
namespace {

bool IsText(std::string_view text) {
  const auto controls = [](char c) { return absl::ascii_iscntrl(static_cast<unsigned char>(c)); };
  if (std::any_of(text.begin(), text.end(), controls)) return false;
  std::string replaced;
  log::AppendJsonString(replaced, text);
  return replaced.find("\uFFFD") == std::string::npos;
}

}  // namespace

std::string EncodeReason(std::string_view text) {
  std::string reason;
  for (const char c : text) {
    const bool plain = c >= ' ' && c <= '~' && c != '%';
    reason += plain ? std::string(1, c) : absl::StrFormat("%%%02X", static_cast<unsigned char>(c));
  }
  return reason;
}

std::string DecodeReason(std::string_view reason) {
  std::string text;
  for (std::size_t i = 0; i < reason.size(); ++i) {
    const std::string_view digits = reason.substr(i + 1, 2);
    unsigned char byte = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), byte, 16);
    const bool encoded = reason[i] == '%' && digits.size() == 2 && error == std::errc() && end == digits.data() + 2;
    text += encoded ? static_cast<char>(byte) : reason[i];
    if (encoded) i += 2;
  }
  return IsText(text) ? text : std::string(reason);
}

}  // namespace nara::tools
