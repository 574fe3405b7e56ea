#include "common/catalogue/decimal.h"

#include <algorithm>
#include <cstdlib>

#include "absl/status/status.h"

namespace nara {
namespace {

__extension__ using Wide = __int128;

constexpr int kMaxFactorDigits = 9;
constexpr int kMaxFactorDecimals = 8;
constexpr int kMaxResultDecimals = 6;
constexpr std::int64_t kLimit = 1'000'000'000'000'000'000;  // 10^18

Wide PowerOfTen(int exponent) {
  Wide power = 1;
  for (int i = 0; i < exponent; ++i) power *= 10;
  return power;
}

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

std::size_t CountDigits(std::string_view text) {
  return static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), IsDigit) - text.begin());
}

// Rounds numerator / denominator half to even; the denominator is above 0.
Wide RoundedQuotient(Wide numerator, Wide denominator) {
  const bool negative = numerator < 0;
  const Wide size = negative ? -numerator : numerator;
  Wide quotient = size / denominator;
  const Wide twice_rest = (size % denominator) * 2;
  if (twice_rest > denominator || (twice_rest == denominator && quotient % 2 == 1)) ++quotient;
  return negative ? -quotient : quotient;
}

absl::Status CheckFactor(std::int64_t digits, int decimals, int result_decimals) {
  if (digits <= 0 || digits >= PowerOfTen(kMaxFactorDigits) || decimals > kMaxFactorDecimals) {
    return absl::OutOfRangeError("a factor is above 0 and has at most 9 digits, 8 of them after the point");
  }
  if (result_decimals < 0 || result_decimals > kMaxResultDecimals) {
    return absl::OutOfRangeError("a result has 0 to 6 decimals");
  }
  return absl::OkStatus();
}

absl::StatusOr<std::int64_t> Narrow(Wide digits) {
  if (digits >= kLimit || digits <= -kLimit) return absl::OutOfRangeError("the result has more than 18 digits");
  return static_cast<std::int64_t>(digits);
}

}  // namespace

absl::StatusOr<Decimal> Decimal::Parse(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  const std::size_t whole = CountDigits(text);
  if (whole == 0) return absl::InvalidArgumentError("a number begins with a digit or with - and a digit");
  if (whole > 1 && text[0] == '0') return absl::InvalidArgumentError("a number has no superfluous leading zero");
  const std::string_view rest = text.substr(whole);
  const std::size_t fraction = rest.empty() ? 0 : CountDigits(rest.substr(1));
  if (!rest.empty() && (rest[0] != '.' || fraction == 0 || fraction + 1 != rest.size())) {
    return absl::InvalidArgumentError("a number has digits, and at most one point with digits after it");
  }
  if (whole + fraction > kMaxDigits) return absl::InvalidArgumentError("a number has at most 18 digits");
  std::int64_t digits = 0;
  for (const char c : text) {
    if (c != '.') digits = digits * 10 + (c - '0');
  }
  return Decimal(negative ? -digits : digits, static_cast<int>(fraction));
}

std::string Decimal::ToString() const {
  std::string digits = std::to_string(std::abs(digits_));
  const auto decimals = static_cast<std::size_t>(decimals_);
  if (digits.size() <= decimals) digits.insert(0, decimals + 1 - digits.size(), '0');
  if (decimals > 0) digits.insert(digits.size() - decimals, 1, '.');
  return digits_ < 0 ? "-" + digits : digits;
}

std::strong_ordering operator<=>(const Decimal& a, const Decimal& b) {
  const int decimals = std::max(a.decimals_, b.decimals_);
  const Wide left = a.digits_ * PowerOfTen(decimals - a.decimals_);
  const Wide right = b.digits_ * PowerOfTen(decimals - b.decimals_);
  if (left < right) return std::strong_ordering::less;
  return left > right ? std::strong_ordering::greater : std::strong_ordering::equal;
}

absl::StatusOr<Decimal> Decimal::Times(const Decimal& factor, int decimals) const {
  if (absl::Status checked = CheckFactor(factor.digits_, factor.decimals_, decimals); !checked.ok()) return checked;
  const Wide numerator = static_cast<Wide>(digits_) * factor.digits_ * PowerOfTen(decimals);
  absl::StatusOr<std::int64_t> digits = Narrow(RoundedQuotient(numerator, PowerOfTen(decimals_ + factor.decimals_)));
  if (!digits.ok()) return digits.status();
  return Decimal(*digits, decimals);
}

absl::StatusOr<Decimal> Decimal::DividedBy(const Decimal& factor, int decimals) const {
  if (absl::Status checked = CheckFactor(factor.digits_, factor.decimals_, decimals); !checked.ok()) return checked;
  const Wide numerator = static_cast<Wide>(digits_) * PowerOfTen(factor.decimals_ + decimals);
  const Wide denominator = static_cast<Wide>(factor.digits_) * PowerOfTen(decimals_);
  absl::StatusOr<std::int64_t> digits = Narrow(RoundedQuotient(numerator, denominator));
  if (!digits.ok()) return digits.status();
  return Decimal(*digits, decimals);
}

}  // namespace nara
