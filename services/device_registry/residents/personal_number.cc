#include "device_registry/residents/personal_number.h"

#include <algorithm>
#include <string_view>

#include "common/rpc/error.h"
#include "device_registry/check_digit.h"
#include "device_registry/validation.h"

namespace nara::registry {
namespace {

constexpr int kCoordination = 60;

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

bool AreDigits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), IsDigit);
}

int NumberAt(std::string_view text, std::size_t first, std::size_t count) {
  int value = 0;
  for (const char c : text.substr(first, count)) value = 10 * value + (c - '0');
  return value;
}

absl::Status WrongForm() {
  return Invalid(
      "number",
      "is a personal, coordination or reserve number: YYYYMMDD-NNNN, or YYMMDD-NNNN with + from 100 years on");
}

absl::Status WrongCheckDigit() {
  return rpc::Error(absl::StatusCode::kInvalidArgument, "WRONG_CHECK_DIGIT",
                    "number has a check digit that does not fit; read it again where it came from",
                    {{"field", "number"}});
}

// A day that there is; else nothing.
std::optional<absl::CivilDay> DayOf(int year, int month, int day) {
  const absl::CivilDay civil(year, month, day);
  if (civil.year() != year || civil.month() != month || civil.day() != day) return std::nullopt;
  return civil;
}

// The last year that ends so with its day not after today.
int YearBefore(int two_digits, int month, int day, absl::CivilDay today) {
  int year = static_cast<int>(today.year()) / 100 * 100 + two_digits;
  if (absl::CivilDay(year, month, day) > today) year -= 100;
  return year;
}

// Twelve characters, without separator; empty when it has no such form.
std::string Normalised(const std::string& text, absl::CivilDay today) {
  std::string plain = text;
  char separator = '-';
  if (plain.size() > 5 && (plain[plain.size() - 5] == '-' || plain[plain.size() - 5] == '+')) {
    separator = plain[plain.size() - 5];
    plain.erase(plain.size() - 5, 1);
  }
  if (plain.size() == 12) return separator == '-' ? plain : "";
  if (plain.size() != 10 || !AreDigits(plain)) return "";
  const int day = NumberAt(plain, 4, 2);
  const int year =
      YearBefore(NumberAt(plain, 0, 2), NumberAt(plain, 2, 2), day > kCoordination ? day - kCoordination : day, today);
  return std::to_string(separator == '+' ? year - 100 : year).substr(0, 2) + plain;
}

// The region's: a date, K (woman), M (man) or X, two digits, and a check digit for
// which the letters count as 5, 7 and 8.
absl::StatusOr<PersonalNumber> ReserveNumber(const std::string& number, std::optional<absl::CivilDay> born) {
  constexpr std::string_view kLetters = "KMX";
  constexpr std::string_view kValues = "578";
  const std::size_t letter = kLetters.find(number[8]);
  if (letter == std::string_view::npos || !AreDigits(number.substr(9)) || !born.has_value()) return WrongForm();
  std::string digits = number.substr(2);
  digits[6] = kValues[letter];
  if (!CheckDigitFits(digits)) return WrongCheckDigit();
  return PersonalNumber{.number = number, .kind = v1::NUMBER_KIND_RESERVE, .born = born};
}

}  // namespace

absl::StatusOr<PersonalNumber> ParsePersonalNumber(const std::string& text, absl::CivilDay today) {
  const std::string number = Normalised(text, today);
  if (number.empty() || !AreDigits(number.substr(0, 8))) return WrongForm();
  const int year = NumberAt(number, 0, 4);
  const int month = NumberAt(number, 4, 2);
  const int day = NumberAt(number, 6, 2);
  const bool coordination = day >= kCoordination;
  const std::optional<absl::CivilDay> born = DayOf(year, month, coordination ? day - kCoordination : day);
  if (year < 1800 || (born.has_value() && *born > today)) return WrongForm();
  if (!IsDigit(number[8])) return ReserveNumber(number, born);
  // A coordination number may leave the day of birth open: 60.
  const bool open = day == kCoordination && DayOf(year, month, 1).has_value();
  if (!AreDigits(number) || !(born.has_value() || open)) return WrongForm();
  if (!CheckDigitFits(std::string_view(number).substr(2))) return WrongCheckDigit();
  return PersonalNumber{
      .number = number, .kind = coordination ? v1::NUMBER_KIND_COORDINATION : v1::NUMBER_KIND_PERSONAL, .born = born};
}

absl::Status ValidateResidentId(const std::string& id, absl::CivilDay today) {
  if (absl::Status status = ValidateOpaqueId("resident", id); !status.ok()) return status;
  if (!ParsePersonalNumber(id, today).ok()) return absl::OkStatus();
  return Invalid("resident", "is opaque; a number that says who it is belongs in the identity");
}

}  // namespace nara::registry
