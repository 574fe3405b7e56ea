#pragma once

#include <string>

#include "absl/status/status.h"

namespace nara::fleet {

struct ReplayOptions {
  std::string demo;  // demo.json of a running demo; empty to look for it
  std::string file;  // patient,local_time,context,glucose_mg_per_dl
  bool keep_time = false;
  std::string tag;  // names the devices: replay-<tag>-<patient>; empty for one by the clock
  bool json = false;
};

// Sends recorded glucose values through a running demo: one device and resident
// for each patient, assigned since before the first reading to the unit of the
// persona care_unit; values as sent, in mg/dL. Then counts what that unit finds
// in history and in quarantine, and prints both. An error when the two do not
// add up to the file's rows.
absl::Status Replay(const ReplayOptions& options);

}  // namespace nara::fleet
