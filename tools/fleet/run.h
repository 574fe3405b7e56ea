#pragma once

#include <string>

#include "absl/status/status.h"
#include "common/config/shared.h"

namespace nara::fleet {

struct RunOptions {
  std::string state;      // folder that setup wrote
  std::string mqtt;       // host:port of the devices' TLS listener
  std::string alerts;     // host:port of the alert router
  config::Tls tls;        // of the simulator
  std::string catalogue;  // folder
  uint64_t seed = 2026;
  double speed = 60;
};

// Runs the simulated county until SIGTERM or SIGINT. <state>/status.json holds
// {"connected":N,"of":N} meanwhile.
absl::Status Run(const RunOptions& options);

}  // namespace nara::fleet
