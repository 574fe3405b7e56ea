#include "common/time/text.h"

#include <cctype>

#include "absl/strings/str_cat.h"

namespace nara {
namespace {

// 'd' stands for a digit, anything else for itself.
bool HasShape(std::string_view text, std::string_view shape) {
  if (text.size() != shape.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    if (shape[i] == 'd' ? !digit : text[i] != shape[i]) return false;
  }
  return true;
}

// Takes ".123" from the front of the text; false when there is a point and not one to nine digits.
bool SkipFraction(std::string_view& text) {
  if (text.empty() || text[0] != '.') return true;
  std::size_t end = 1;
  while (end < text.size() && text[end] >= '0' && text[end] <= '9') ++end;
  const std::size_t digits = end - 1;
  text.remove_prefix(end);
  return digits >= 1 && digits <= 9;
}

bool IsOffset(std::string_view text) {
  if (text == "Z") return true;
  return (HasShape(text, "+dd:dd") || HasShape(text, "-dd:dd")) && text.substr(1, 2) < "24" && text.substr(4, 2) < "60";
}

bool IsRfc3339(std::string_view text) {
  constexpr std::string_view kDateTime = "dddd-dd-ddTdd:dd:dd";
  if (text.size() <= kDateTime.size() || !HasShape(text.substr(0, kDateTime.size()), kDateTime)) return false;
  if (text.substr(17, 2) > "59") return false;
  text.remove_prefix(kDateTime.size());
  return SkipFraction(text) && IsOffset(text);
}

absl::Status NotATime(std::string_view text) {
  return absl::InvalidArgumentError(absl::StrCat("\"", std::string(text.substr(0, 64)),
                                                 "\" is not a time; write RFC 3339 with an offset, such as "
                                                 "2026-02-17T07:30:00+01:00"));
}

}  // namespace

absl::StatusOr<absl::Time> ParseRfc3339(std::string_view text) {
  absl::Time time;
  std::string error;
  if (!IsRfc3339(text) || !absl::ParseTime(absl::RFC3339_full, ToAbsl(text), &time, &error)) return NotATime(text);
  return time;
}

std::string FormatRfc3339(absl::Time time) {
  return absl::FormatTime("%Y-%m-%d%ET%H:%M:%E*SZ", time, absl::UTCTimeZone());
}

std::string FormatRfc3339(absl::Time time, absl::TimeZone zone) {
  return absl::FormatTime(absl::RFC3339_full, time, zone);
}

std::string FormatRfc3339Millis(absl::Time time) {
  return absl::FormatTime("%Y-%m-%d%ET%H:%M:%E3SZ", time, absl::UTCTimeZone());
}

absl::StatusOr<absl::Duration> ParseDuration(std::string_view text) {
  absl::Duration duration;
  if (absl::ParseDuration(ToAbsl(text), &duration)) return duration;
  return absl::InvalidArgumentError(absl::StrCat(
      "\"", std::string(text.substr(0, 64)), "\" is not a duration; write it with a unit, such as 250ms, 5s or 10m"));
}

}  // namespace nara
