#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tools/fleet/county.h"

namespace nara::fleet {

// A device of the plan with what it needs to connect. Devices that never send
// have no credentials.
struct FleetDevice {
  PlannedDevice plan;
  std::string certificate_pem;
  std::string key_pem;
  std::string mqtt_password;
};

// What setup leaves for run and check: one file, fleet.json in the state folder,
// readable by its owner only since it holds every device's key.
struct FleetState {
  // Changes with everything that setup depends on but the registry.
  std::string fingerprint;
  // Devices that the registry counted when setup was done.
  int64_t registered = 0;
  std::vector<FleetDevice> devices;
};

absl::StatusOr<FleetState> ReadFleetState(const std::string& folder);
absl::Status WriteFleetState(const std::string& folder, const FleetState& state);

// The fields of demo.json's "devices" for some devices; writes certificate and
// key of each to <folder>/<id>.crt and .key. Returns JSON.
absl::StatusOr<std::string> DescribeDevices(const std::string& folder, const std::vector<FleetDevice>& devices);

}  // namespace nara::fleet
