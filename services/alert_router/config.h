// What the file of an alert router says.
#pragma once

#include <chrono>
#include <string>

#include "alert_router/alert.h"
#include "common/config/shared.h"

namespace nara::alert {

struct Config : config::Service {
  std::string name;

  // Connections to PostgreSQL; each call, timer round and log batch holds one.
  int postgres_connections = 8;

  // For how long after its start a receiver that has not attached yet counts as
  // reachable (links.h). Receivers attach again within about a second. Too short
  // a time: alerts that waited in the log leap over the alarm centre to the
  // fallback, and `chain_exhausted` is raised. Too long: for as long an alert
  // stands at a receiver that will not come, before the next step gets it. 0: an
  // unattended receiver is passed over from the start.
  std::chrono::milliseconds settle{3000};

  // Who gets what nobody answers for, and how long it may take to accept before
  // it is offered again.
  Step last_resort;
};

// Reads every key but `name`, `log` and `metrics`; ends with root.Finish().
absl::StatusOr<Config> ReadConfig(config::Section& root);

}  // namespace nara::alert
