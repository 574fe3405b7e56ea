#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "device_client/client.h"
#include "device_client/sqlite_storage.h"
#include "device_client/transport.h"
#include "tools/fleet/fleet_state.h"
#include "tools/fleet/rhythm.h"
#include "tools/fleet/simulated_day.h"

namespace nara::fleet {

// Devices that live their days: each is a shipped device client that says what
// its rhythm has for it, with the time of the wall clock. One thread.
class Simulation {
 public:
  struct Options {
    uint64_t seed = 2026;
    double speed = 60;
    std::string outbox_file;
  };

  // Samples and devices that never send are left alone. `transport` must outlive
  // the simulation.
  static absl::StatusOr<std::unique_ptr<Simulation>> Start(const std::vector<FleetDevice>& devices,
                                                           device_client::Transport& transport, const Options& options);
  ~Simulation();

  size_t size() const { return devices_.size(); }
  size_t connected() const;

 private:
  struct Device {
    PlannedDevice plan;
    std::unique_ptr<device_client::Storage> measurement;
    std::unique_ptr<device_client::Storage> alarm;
    std::unique_ptr<device_client::Client> client;
    // The same, for the transport's thread: null until it is there.
    std::atomic<device_client::Client*> obeying = nullptr;
  };
  struct Due {
    Occasion occasion;
    Device* device = nullptr;
  };

  Simulation(const Options& options, std::unique_ptr<device_client::SqliteFile> outboxes);
  absl::Status Add(const FleetDevice& device, device_client::Transport& transport);
  void Run(const std::stop_token& stop);
  std::vector<Due> DuesOfDay(int day) const;
  void Say(const Due& due);
  device_client::CommandResult Obey(Device& device, const telemetry::v1::Command& command);

  const Options options_;
  const SimulatedDay day_;
  const std::unique_ptr<device_client::SqliteFile> outboxes_;
  std::vector<std::unique_ptr<Device>> devices_;
  uint64_t said_ = 0;
  // Last: it uses everything above.
  std::jthread thread_;
};

}  // namespace nara::fleet
