#include "common/postgres/param.h"

#include <array>
#include <cstdio>

#include "absl/strings/escaping.h"

namespace nara {
namespace {

std::string Hex(std::string_view bytes) {
  return "\\x" + absl::BytesToHexString({bytes.data(), bytes.size()});
}

}  // namespace

Param::Param(struct Bytes value) : text_(Hex(value.value)) {}

Param::Param(TimePoint value) : text_(FormatTimestamp(value)) {}

void Param::AddElement(const Param& element) {
  if (text_->size() > 1) text_->push_back(',');
  if (!element.text_) {
    text_->append("NULL");
    return;
  }
  text_->push_back('"');
  for (const char c : *element.text_) {
    if (c == '"' || c == '\\') text_->push_back('\\');
    text_->push_back(c);
  }
  text_->push_back('"');
}

std::string FormatTimestamp(TimePoint time) {
  using namespace std::chrono;
  const auto micros = floor<microseconds>(time);
  const auto day = floor<days>(micros);
  const year_month_day date(day);
  const hh_mm_ss clock(micros - day);
  std::array<char, 64> text{};
  const int size =
      std::snprintf(text.data(), text.size(), "%04d-%02u-%02u %02d:%02d:%02d.%06d+00", static_cast<int>(date.year()),
                    static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                    static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                    static_cast<int>(clock.seconds().count()), static_cast<int>(clock.subseconds().count()));
  return {text.data(), static_cast<std::size_t>(size)};
}

}  // namespace nara
