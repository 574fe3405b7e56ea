#pragma once

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "tools/fleet/device_set.h"

namespace nara::fleet {

// What a blood pressure meter says, and what a dispenser says when a dose of
// this episode was missed or taken.
telemetry::v1::Record PressureRecord(const LiveDevice& device, uint64_t draw);
telemetry::v1::Record DoseRecord(const char* kind, const std::string& episode);

// An even load from a set of devices, until it is destroyed. One thread.
class Load {
 public:
  struct Rates {
    int measurements_per_second = 1000;
    int alarms_per_second = 20;
  };

  // Devices must outlive the load.
  Load(std::vector<LiveDevice*> meters, std::vector<LiveDevice*> dispensers, Rates rates);
  ~Load() = default;

  // Records that a device refused to keep; 0 when all is well.
  uint64_t refused() const { return refused_; }

 private:
  void Run(const std::stop_token& stop);
  void SendMeasurement();
  void SendAlarm();

  const std::vector<LiveDevice*> meters_;
  const std::vector<LiveDevice*> dispensers_;
  const Rates rates_;
  uint64_t measurements_ = 0;
  uint64_t alarms_ = 0;
  std::atomic<uint64_t> refused_ = 0;
  // Last: it uses everything above.
  std::jthread thread_;
};

}  // namespace nara::fleet
