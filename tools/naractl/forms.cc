#include "tools/naractl/forms.h"

#include "absl/strings/ascii.h"
#include "absl/time/civil_time.h"
#include "common/time/proto_time.h"
#include "common/time/swedish_calendar.h"
#include "common/time/text.h"

namespace nara::naractl {

absl::StatusOr<google::protobuf::Timestamp> TimeOf(const std::string& text) {
  absl::CivilDay day;
  if (absl::ParseCivilTime(text, &day)) return ToProto(SwedishCalendar::StartOf(day));
  const absl::StatusOr<absl::Time> time = ParseRfc3339(text);
  if (!time.ok()) return absl::InvalidArgumentError("\"" + text + "\" is neither a day, 2026-02-17, nor a time");
  return ToProto(*time);
}

std::string TextOf(bool has, const google::protobuf::Timestamp& time) {
  if (!has) return "";
  const absl::Time instant = FromProto(time);
  const absl::CivilDay day = SwedishCalendar::DayAt(instant);
  const bool whole = SwedishCalendar::StartOf(day) == instant;
  return whole ? absl::FormatCivilTime(day) : FormatRfc3339(instant, SwedishCalendar::Zone());
}

absl::StatusOr<int> NumberOf(const google::protobuf::EnumDescriptor& values, const std::string& prefix,
                             const std::string& word) {
  const auto* const value = values.FindValueByName(prefix + absl::AsciiStrToUpper(word));
  if (value != nullptr) return value->number();
  std::string known;
  for (int i = 0; i < values.value_count(); ++i) {
    const std::string one = WordOf(prefix, values.value(i)->name());
    if (!one.empty()) known += (known.empty() ? "" : ", ") + one;
  }
  return absl::InvalidArgumentError("\"" + word + "\" is none of " + known);
}

std::string WordOf(const std::string& prefix, const std::string& name) {
  const std::string word = absl::AsciiStrToLower(name.substr(prefix.size()));
  return word == "unspecified" ? "" : word;
}

}  // namespace nara::naractl
