#include "common/config/values.h"

#include <charconv>

#include "absl/strings/str_cat.h"
#include "common/config/section.h"

namespace nara::config {

absl::StatusOr<std::int64_t> ParseInt(const std::string& text, std::int64_t min, std::int64_t max) {
  std::int64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  if (error == std::errc() && rest == end && value >= min && value <= max) return value;
  return absl::InvalidArgumentError(absl::StrCat("\"", text, "\" is not a whole number from ", min, " to ", max));
}

std::string Address::ToString() const {
  return host.find(':') == std::string::npos ? absl::StrCat(host, ":", port) : absl::StrCat("[", host, "]:", port);
}

absl::StatusOr<Address> ParseAddress(std::string_view text) {
  const std::string all(text);
  const std::size_t colon = all.rfind(':');
  std::string host = all.substr(0, colon);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  const bool host_ok = !host.empty() && (bracketed || host.find_first_of(":[]/ ") == std::string::npos);
  const auto port =
      colon == std::string::npos ? absl::InvalidArgumentError("no port") : ParseInt(all.substr(colon + 1), 0, 65535);
  if (!host_ok || !port.ok()) {
    return absl::InvalidArgumentError(absl::StrCat("\"", all, "\" is not an address; write host:port"));
  }
  return Address{host, static_cast<int>(*port)};
}

}  // namespace nara::config
