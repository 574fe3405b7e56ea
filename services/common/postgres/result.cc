#include "common/postgres/result.h"

#include <libpq-fe.h>

#include <charconv>
#include <cstdio>
#include <cstdlib>

#include "absl/strings/escaping.h"

namespace nara {
namespace {

// The query and the program do not fit: nothing sensible can follow.
[[noreturn]] void Impossible(const char* what, const char* column) {
  std::fprintf(stderr, "postgres result: column %s: %s\n", column, what);
  std::abort();
}

template <typename T>
T Number(std::string_view text, const char* column) {
  T value{};
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end) Impossible("not a number of the type asked for", column);
  return value;
}

// Reads digits and steps over them and `separators` characters behind.
int Digits(std::string_view& text, std::size_t separators) {
  int value = 0;
  std::size_t at = 0;
  for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at) value = value * 10 + (text[at] - '0');
  text.remove_prefix(std::min(text.size(), at + separators));
  return value;
}

// "2026-02-17 06:30:00.123456+00"; our connections set ISO and UTC.
TimePoint ParseTimestamp(std::string_view text) {
  using namespace std::chrono;
  const int y = Digits(text, 1);
  const int m = Digits(text, 1);
  const int d = Digits(text, 1);
  const int hour = Digits(text, 1);
  const int minute = Digits(text, 1);
  const int second = Digits(text, 0);
  std::int64_t micros = 0;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    std::int64_t unit = 100'000;
    for (; !text.empty() && text[0] >= '0' && text[0] <= '9'; text.remove_prefix(1), unit /= 10) {
      micros += (text[0] - '0') * unit;
    }
  }
  const sys_days date = year(y) / month(static_cast<unsigned>(m)) / day(static_cast<unsigned>(d));
  return date + hours(hour) + minutes(minute) + seconds(second) + microseconds(micros);
}

// Takes one element off an array's text, without its separator.
std::string TakeElement(std::string_view& text) {
  std::string element;
  if (!text.starts_with('"')) {
    const std::size_t end = text.find_first_of(",}");
    element = text.substr(0, end);
    text.remove_prefix(end);
    return element;
  }
  std::size_t at = 1;
  for (; text[at] != '"'; ++at) {
    if (text[at] == '\\') ++at;
    element.push_back(text[at]);
  }
  text.remove_prefix(at + 1);
  return element;
}

}  // namespace

int Row::Resolve(Column column) const {
  if (column.name_ == nullptr) {
    if (column.number_ < 0 || column.number_ >= PQnfields(result_)) Impossible("not in the result", "by number");
    return column.number_;
  }
  const int number = PQfnumber(result_, column.name_);
  if (number < 0) Impossible("not in the result", column.name_);
  return number;
}

bool Row::IsNull(Column column) const {
  return PQgetisnull(result_, row_, Resolve(column)) != 0;
}

std::string_view Row::Text(Column column) const {
  const int number = Resolve(column);
  if (PQgetisnull(result_, row_, number) != 0) Impossible("is NULL", PQfname(result_, number));
  return {PQgetvalue(result_, row_, number), static_cast<std::size_t>(PQgetlength(result_, row_, number))};
}

std::int64_t Row::Int64(Column column) const {
  return Number<std::int64_t>(Text(column), PQfname(result_, Resolve(column)));
}

bool Row::Bool(Column column) const {
  return Text(column) == "t";
}

std::string Row::Bytes(Column column) const {
  std::string_view text = Text(column);
  if (!text.starts_with("\\x")) Impossible("not bytea", PQfname(result_, Resolve(column)));
  text.remove_prefix(2);
  return absl::HexStringToBytes({text.data(), text.size()});
}

TimePoint Row::Time(Column column) const {
  const std::string_view text = Text(column);
  if (!text.ends_with("+00")) Impossible("not a timestamptz in UTC", PQfname(result_, Resolve(column)));
  return ParseTimestamp(text);
}

std::vector<std::string> Row::Strings(Column column) const {
  std::string_view text = Text(column);
  if (!text.starts_with('{')) Impossible("not an array", PQfname(result_, Resolve(column)));
  std::vector<std::string> elements;
  while (text != "{}" && text != "}") {
    text.remove_prefix(1);
    elements.push_back(TakeElement(text));
  }
  return elements;
}

std::optional<std::string> Row::OptionalString(Column column) const {
  if (IsNull(column)) return std::nullopt;
  return String(column);
}

std::optional<TimePoint> Row::OptionalTime(Column column) const {
  if (IsNull(column)) return std::nullopt;
  return Time(column);
}

Result::Result(pg_result* result) : result_(result) {}

void Result::Free::operator()(pg_result* result) const {
  PQclear(result);
}

std::size_t Result::size() const {
  return static_cast<std::size_t>(PQntuples(result_.get()));
}

Row Result::operator[](std::size_t row) const {
  return {result_.get(), static_cast<int>(row)};
}

std::size_t Result::affected() const {
  std::size_t count = 0;
  const std::string_view text = PQcmdTuples(result_.get());
  std::from_chars(text.data(), text.data() + text.size(), count);
  return count;
}

}  // namespace nara
