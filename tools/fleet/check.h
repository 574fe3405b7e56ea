#pragma once

#include <string>

#include "absl/status/status.h"

namespace nara::fleet {

struct CheckOptions {
  std::string demo;         // demo.json of a running demo; empty to look for it
  std::string fleet_state;  // folder of setup and run; empty for the demo's own
  int measurements = 200;
  int alarms = 50;
  int load_measurements_per_second = 1000;
  int load_alarms_per_second = 20;
};

// Measures a running demo as one of its users would: sends measurements and
// missed doses from devices of its own, beside a load and the fleet, and waits
// for each one's receipt, and for its arrival at a care unit's subscription or
// at an alarm centre. Prints the result as one JSON object on standard output,
// also when it fails ({"ok":false,"reason":...}); progress on standard error.
absl::Status Check(const CheckOptions& options);

}  // namespace nara::fleet
