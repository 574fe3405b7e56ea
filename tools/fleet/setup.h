#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "common/config/shared.h"

namespace nara::fleet {

struct SetupOptions {
  std::string state;      // folder for what run needs; made when absent
  std::string registry;   // host:port
  config::Tls tls;        // of an admin
  std::string personas;   // JSON list {name,id,role,principal,units,token}
  std::string catalogue;  // folder
  std::string output;     // where the sample devices are described, for demo.json
  int devices = 0;
  uint64_t seed = 2026;
  // How long each step of a chain may take to accept.
  uint32_t centre_seconds = 60;
  uint32_t staff_seconds = 120;
  uint32_t fallback_seconds = 300;
};

// Registers the demo county: units, chains, clients, residents, devices with
// their credentials, assignments. Idempotent: when the state folder was written
// by the same options and the registry still counts at least as many devices as
// then, only the output is written again.
absl::Status SetUp(const SetupOptions& options);

}  // namespace nara::fleet
