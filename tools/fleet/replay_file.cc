#include "tools/fleet/replay_file.h"

#include <algorithm>
#include <sstream>
#include <utility>

namespace nara::fleet {
namespace {

constexpr char kHeader[] = "patient,local_time,context,glucose_mg_per_dl";

std::vector<std::string> Fields(const std::string& line) {
  std::vector<std::string> fields;
  std::istringstream in(line);
  for (std::string field; std::getline(in, field, ',');) fields.push_back(field);
  return fields;
}

bool IsNumber(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789.") == std::string::npos;
}

std::string CodeOf(std::string context) {
  std::replace(context.begin(), context.end(), ' ', '_');
  return context;
}

bool ParseRow(const std::vector<std::string>& fields, GlucoseRow& row) {
  absl::CivilMinute minute;
  if (fields.size() != 4 || fields[0].empty() || !IsNumber(fields[3]) || !absl::ParseCivilTime(fields[1], &minute)) {
    return false;
  }
  row = {.local = absl::CivilSecond(minute), .context = CodeOf(fields[2]), .mg_per_dl = fields[3]};
  return true;
}

}  // namespace

absl::StatusOr<GlucoseSeries> ParseGlucoseFile(const std::string& content) {
  GlucoseSeries series;
  std::istringstream in(content);
  int number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (line.empty() || (number == 1 && line == kHeader)) continue;
    const std::vector<std::string> fields = Fields(line);
    GlucoseRow row;
    if (!ParseRow(fields, row)) {
      return absl::InvalidArgumentError("line " + std::to_string(number) + " is not " + kHeader);
    }
    series[fields[0]].push_back(std::move(row));
  }
  for (auto& [patient, rows] : series) {
    // Sorted by time without losing the order of equals (insertion sort is stable,
    // and the rows are nearly sorted).
    for (auto it = rows.begin(); it != rows.end(); ++it) {
      const auto place = std::upper_bound(rows.begin(), it, *it,
                                          [](const GlucoseRow& a, const GlucoseRow& b) { return a.local < b.local; });
      std::rotate(place, it, it + 1);
    }
  }
  return series;
}

std::vector<absl::Time> TimesAsRecorded(const std::vector<GlucoseRow>& rows, absl::TimeZone zone) {
  std::vector<absl::Time> times;
  for (const GlucoseRow& row : rows) times.push_back(absl::FromCivil(row.local, zone));
  return times;
}

std::vector<absl::Time> TimesEndingNow(const std::vector<GlucoseRow>& rows, absl::TimeZone zone, absl::Time now) {
  if (rows.empty()) return {};
  const auto moved = [&](const GlucoseRow& row, absl::civil_diff_t days) {
    const absl::CivilSecond l = row.local;
    const absl::CivilDay day = absl::CivilDay(l) + days;
    return absl::FromCivil(absl::CivilSecond(day.year(), day.month(), day.day(), l.hour(), l.minute(), l.second()),
                           zone);
  };
  absl::civil_diff_t days = absl::ToCivilDay(now, zone) - absl::CivilDay(rows.back().local);
  if (moved(rows.back(), days) > now) --days;
  std::vector<absl::Time> times;
  for (const GlucoseRow& row : rows) times.push_back(moved(row, days));
  return times;
}

}  // namespace nara::fleet
