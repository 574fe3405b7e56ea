#pragma once

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "device_client/client.h"
#include "device_client/memory_storage.h"
#include "device_client/transport.h"
#include "tools/fleet/fleet_state.h"

namespace nara::fleet {

// One connected device whose records live in memory.
struct LiveDevice {
  PlannedDevice plan;
  device_client::MemoryStorage measurement;
  device_client::MemoryStorage alarm;
  std::unique_ptr<device_client::Client> client;
};

// Starts a device. `transport` must outlive it.
absl::StatusOr<std::unique_ptr<LiveDevice>> StartDevice(const FleetDevice& device, device_client::Transport& transport,
                                                        device_client::ClientEvents events,
                                                        device_client::OutboxOptions outbox = {});

// "<device>/<m|a>/<epoch in 16 hexadecimal digits>/<sequence>".
std::string EventId(const LiveDevice& device, telemetry::v1::Lane lane, uint64_t seq);

}  // namespace nara::fleet
