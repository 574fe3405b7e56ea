// What the file of an alert router says.
#pragma once

#include <chrono>
#include <string>

#include "alert_router/alert.h"
#include "alert_router/stream_quota.h"
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

  // A receiver's stream from which nothing has been read for so long is cut off, and
  // what is offered there goes to the next step. Too short: a screen behind a network
  // that hangs for a moment loses its offers. Too long: for as long alarms stand at a
  // screen that shows none.
  std::chrono::milliseconds stalled_after{10'000};

  // How many streams may be open. A client has one for each of its people who attend,
  // and one for each program that watches; the gateway's count for the client it speaks
  // for. Each may hold about 256 kB.
  StreamQuota::Limits attend_streams{.of_client = 256, .in_all = 1024};
  StreamQuota::Limits watch_streams{.of_client = 64, .in_all = 512};

  // Who gets what nobody answers for, and how long it may take to accept before
  // it is offered again.
  Step last_resort;
};

// Reads every key but `name`, `log` and `metrics`; ends with root.Finish().
absl::StatusOr<Config> ReadConfig(config::Section& root);

}  // namespace nara::alert
