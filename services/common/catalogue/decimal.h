// Exact decimal numbers as text: what a device measured is never put through a
// float that changes it.
//
// Grammar: an optional "-", digits without a superfluous leading zero, and
// optionally "." with at least one digit: "7.20", "-0.5", "138". No "+", no
// exponent, no blank. At most 18 digits in all, far beyond any measuring device;
// more are refused, not rounded.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace nara {

class Decimal {
 public:
  static constexpr int kMaxDigits = 18;

  // Zero, without decimals.
  Decimal() = default;

  // InvalidArgument with what is wrong, without repeating the text.
  static absl::StatusOr<Decimal> Parse(std::string_view text);

  // The number as it was parsed, its trailing zeros kept; "-0" becomes "0".
  std::string ToString() const;

  // Digits after the point, as parsed: 2 for "7.20".
  int decimals() const { return decimals_; }

  // By value: 7.2 equals 7.20.
  friend std::strong_ordering operator<=>(const Decimal& a, const Decimal& b);
  friend bool operator==(const Decimal& a, const Decimal& b) { return (a <=> b) == 0; }

  // this × factor and this ÷ factor, rounded half to even to `decimals` digits
  // (0 to 6) after the point. `factor` is above 0, has at most 9 digits and no
  // more than 8 of them after the point: OutOfRange otherwise, and when the
  // result has more than 18 digits.
  absl::StatusOr<Decimal> Times(const Decimal& factor, int decimals) const;
  absl::StatusOr<Decimal> DividedBy(const Decimal& factor, int decimals) const;

 private:
  Decimal(std::int64_t digits, int decimals) : digits_(digits), decimals_(decimals) {}

  std::int64_t digits_ = 0;  // the value times 10^decimals_
  int decimals_ = 0;
};

}  // namespace nara
