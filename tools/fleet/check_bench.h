#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "tools/fleet/check.h"
#include "tools/fleet/check_centre.h"
#include "tools/fleet/device_set.h"
#include "tools/fleet/enrolment.h"
#include "tools/fleet/ledger.h"
#include "tools/fleet/load.h"
#include "tools/platform/demo_file.h"
#include "tools/platform/observation_client.h"

namespace nara::fleet {

// All that a check stands on: unit, chain, clients and devices of its own in the
// registry, the devices connected, a centre attending, a care unit subscribed.
class CheckBench {
 public:
  explicit CheckBench(const tools::DemoFile& demo);
  // Ends the devices' assignments, so that they count nowhere afterwards.
  ~CheckBench();

  // Registers and connects everything, then proves each device's way through
  // both lanes, the subscription and the centre, before anything is measured.
  absl::Status Prepare();

  void StartLoad(const Load::Rates& rates);
  // Sends so many of each, evenly.
  absl::Status Measure(int measurements, int alarms);
  // Waits until everything measured has its receipt and has arrived.
  absl::Status AwaitAll(absl::Duration most);
  // Stops the load and waits until what it left is settled and resolved.
  void Drain(absl::Duration most);

  const Ledger& measurements() const { return measurements_; }
  const Ledger& alarms() const { return alarms_; }

 private:
  absl::Status Enrol();
  absl::Status Connect();
  absl::Status ProveEveryDevice();
  absl::Status ProveSubscriptionAndCentre();
  absl::Status Retry(const std::string& what, const std::function<void()>& attempt,
                     const std::function<bool()>& proven);
  void OnReceipt(size_t device, const telemetry::v1::Receipt& receipt);
  void Subscribe(const std::stop_token& stop);
  static std::vector<PlannedDevice> PlanDevices();
  Enrolment::Ids Ids() const;
  std::vector<LiveDevice*> Group(const std::string& unit, const std::string& product) const;
  bool Send(LiveDevice& device, telemetry::v1::Lane lane, telemetry::v1::Record record, Ledger* ledger);

  // Measured devices are in the first unit, the load's in the second.
  static constexpr char kUnit[] = "check-unit";
  static constexpr char kLoadUnit[] = "check-load";
  static constexpr char kMeter[] = "bp-meter";
  static constexpr char kDispenser[] = "dosell-service";

  // What the receipts of one device have shown.
  struct Proof {
    bool measurement = false;
    bool alarm = false;
    std::string refusal;
    uint64_t settled_measurement = 0;
    uint64_t settled_alarm = 0;
  };

  const tools::DemoFile demo_;
  const std::string run_;  // names this run's assignments and episodes
  tools::RegistryClient registry_;
  tools::AlertClient alert_client_;
  tools::ObservationClient observation_client_;
  Ledger measurements_;
  Ledger alarms_;
  std::vector<FleetDevice> enrolled_;
  std::unique_ptr<device_client::Transport> transport_;
  mutable std::mutex mutex_;
  std::vector<Proof> proofs_;       // guarded by mutex_, by device
  std::string subscription_error_;  // guarded by mutex_
  size_t observed_ = 0;             // guarded by mutex_
  std::vector<std::unique_ptr<LiveDevice>> devices_;
  std::unique_ptr<CheckCentre> centre_;
  std::unique_ptr<Load> load_;
  std::jthread subscription_;
};

}  // namespace nara::fleet
