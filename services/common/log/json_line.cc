#include "common/log/json_line.h"

#include <array>
#include <charconv>
#include <cmath>

#include "common/time/text.h"

namespace nara::log {
namespace {

constexpr std::array<std::string_view, 5> kLevelNames = {"debug", "info", "warn", "error", "off"};

bool IsContinuation(std::string_view text, std::size_t at) {
  return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U;
}

// Length of the valid UTF-8 sequence at the front of the text, 0 when there is none.
std::size_t SequenceLength(std::string_view text) {
  const auto first = static_cast<unsigned char>(text[0]);
  const auto second = text.size() > 1 ? static_cast<unsigned char>(text[1]) : 0U;
  if (first < 0x80) return 1;
  if (first < 0xC2 || first > 0xF4 || !IsContinuation(text, 1)) return 0;
  if (first < 0xE0) return 2;
  if (!IsContinuation(text, 2)) return 0;
  // Overlong forms and surrogates, then what lies beyond U+10FFFF.
  if ((first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F)) return 0;
  if (first < 0xF0) return 3;
  if (!IsContinuation(text, 3)) return 0;
  return (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F) ? 0 : 4;
}

void AppendControl(std::string& out, char c) {
  constexpr std::string_view kHex = "0123456789abcdef";
  if (c == '\n') {
    out += "\\n";
  } else if (c == '\t') {
    out += "\\t";
  } else {
    out += "\\u00";
    out += kHex[(static_cast<unsigned char>(c) >> 4U) & 0xFU];
    out += kHex[static_cast<unsigned char>(c) & 0xFU];
  }
}

void AppendCharacter(std::string& out, char c) {
  const auto byte = static_cast<unsigned char>(c);
  if (c == '"' || c == '\\') {
    out += '\\';
    out += c;
  } else if (byte < 0x20 || byte == 0x7F) {
    AppendControl(out, c);
  } else {
    out += c;
  }
}

template <typename Number>
void AppendNumber(std::string& out, Number number) {
  std::array<char, 32> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), number);
  out.append(text.data(), end.ptr);
}

struct AppendValue {
  std::string& out;
  void operator()(std::string_view value) const { AppendJsonString(out, value); }
  void operator()(bool value) const { out += value ? "true" : "false"; }
  void operator()(std::int64_t value) const { AppendNumber(out, value); }
  void operator()(std::uint64_t value) const { AppendNumber(out, value); }
  void operator()(double value) const { std::isfinite(value) ? AppendNumber(out, value) : void(out += "null"); }
};

void AppendKey(std::string& out, std::string_view key) {
  out += out.empty() ? '{' : ',';
  AppendJsonString(out, key);
  out += ':';
}

}  // namespace

void AppendJsonString(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const std::size_t length = SequenceLength(text);
    if (length == 0) {
      out += "\xEF\xBF\xBD";
    } else if (length == 1) {
      AppendCharacter(out, text[0]);
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  out += '"';
}

std::string JsonLine(absl::Time time, Level level, std::string_view instance, std::string_view component,
                     std::string_view message, Fields fields) {
  std::string out;
  out.reserve(256);
  const auto add = [&out](std::string_view key, const Field::Value& value) {
    AppendKey(out, key);
    std::visit(AppendValue{out}, value);
  };
  add("time", FormatRfc3339Millis(time));
  add("level", kLevelNames[static_cast<std::size_t>(level)]);
  add("instance", instance);
  add("component", component);
  add("message", message);
  for (const Field& field : fields) add(field.key, field.value);
  out += '}';
  return out;
}

}  // namespace nara::log
