#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"

namespace nara::fleet {

// One row of the file: patient,local_time,context,glucose_mg_per_dl.
struct GlucoseRow {
  absl::CivilSecond local;
  std::string context;  // as a code: "before_breakfast"
  std::string mg_per_dl;
};

// Rows by patient, each patient's by time; of the same minute in file order.
using GlucoseSeries = std::map<std::string, std::vector<GlucoseRow>>;

// INVALID_ARGUMENT names the first line that cannot be read.
absl::StatusOr<GlucoseSeries> ParseGlucoseFile(const std::string& content);

// When the rows of one patient happened, in the order of `rows`: the local times
// of `zone` themselves, or moved by whole days such that the last one lies in
// the day before `now`, at the same time of day.
std::vector<absl::Time> TimesAsRecorded(const std::vector<GlucoseRow>& rows, absl::TimeZone zone);
std::vector<absl::Time> TimesEndingNow(const std::vector<GlucoseRow>& rows, absl::TimeZone zone, absl::Time now);

}  // namespace nara::fleet
