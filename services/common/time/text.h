#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

// Text forms of time, and the one place where the two kinds of string_view meet.
namespace nara {

// Strict RFC 3339 with an offset ("2026-02-17T07:30:00.250+01:00", "...Z"): upper-case T and Z, at most nine digits of
// fraction, real calendar dates, no leap second. INVALID_ARGUMENT names the text and what is expected.
absl::StatusOr<absl::Time> ParseRfc3339(std::string_view text);

// UTC with "Z"; fraction only as long as needed.
std::string FormatRfc3339(absl::Time time);

// With the offset that `zone` has at that time, "+01:00".
std::string FormatRfc3339(absl::Time time, absl::TimeZone zone);

// UTC with exactly three digits of fraction, as logs use it: "2026-02-17T06:30:00.250Z".
std::string FormatRfc3339Millis(absl::Time time);

// "250ms", "1.5s", "2m", "24h"; a bare number other than 0 is refused.
absl::StatusOr<absl::Duration> ParseDuration(std::string_view text);

// Debian's abseil has a string_view of its own.
inline absl::string_view ToAbsl(std::string_view text) {
  return {text.data(), text.size()};
}
inline std::string_view ToStd(absl::string_view text) {
  return {text.data(), text.size()};
}

}  // namespace nara
