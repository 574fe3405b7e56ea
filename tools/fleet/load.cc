#include "tools/fleet/load.h"

#include <utility>

#include "absl/time/clock.h"
#include "tools/fleet/readings.h"

namespace nara::fleet {
namespace {

constexpr absl::Duration kTick = absl::Milliseconds(5);

}  // namespace

telemetry::v1::Record PressureRecord(const LiveDevice& device, uint64_t draw) {
  return MakeReading("blood_pressure", device.plan.id, 1, draw, 0);
}

telemetry::v1::Record DoseRecord(const char* kind, const std::string& episode) {
  telemetry::v1::Record record;
  record.set_kind(kind);
  record.set_episode(episode);
  return record;
}

Load::Load(std::vector<LiveDevice*> meters, std::vector<LiveDevice*> dispensers, Rates rates)
    : meters_(std::move(meters)), dispensers_(std::move(dispensers)), rates_(rates) {
  thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
}

void Load::Run(const std::stop_token& stop) {
  const absl::Time start = absl::Now();
  for (absl::Time tick = start; !stop.stop_requested(); tick += kTick) {
    std::this_thread::sleep_until(absl::ToChronoTime(tick));
    const double seconds = absl::ToDoubleSeconds(tick - start);
    while (static_cast<double>(measurements_) < seconds * rates_.measurements_per_second) {
      SendMeasurement();
    }
    while (static_cast<double>(alarms_) < seconds * rates_.alarms_per_second) SendAlarm();
  }
}

void Load::SendMeasurement() {
  LiveDevice& device = *meters_[measurements_++ % meters_.size()];
  auto record = PressureRecord(device, measurements_);
  if (!device.client->Send(telemetry::v1::LANE_MEASUREMENT, std::move(record)).ok()) ++refused_;
}

void Load::SendAlarm() {
  LiveDevice& device = *dispensers_[alarms_++ % dispensers_.size()];
  auto record = DoseRecord("dose_missed", "load-" + std::to_string(absl::ToUnixNanos(absl::Now())));
  if (!device.client->Send(telemetry::v1::LANE_ALARM, std::move(record)).ok()) ++refused_;
}

}  // namespace nara::fleet
