#include "tools/fleet/simulation.h"

#include <algorithm>
#include <cmath>
#include <condition_variable>
#include <iostream>
#include <mutex>
#include <set>
#include <utility>

#include "absl/time/clock.h"
#include "tools/fleet/readings.h"

namespace nara::fleet {
namespace {

using telemetry::v1::Lane;
using telemetry::v1::LANE_ALARM;
using telemetry::v1::LANE_MEASUREMENT;
using telemetry::v1::Record;

Lane LaneOf(const std::string& kind) {
  static const std::set<std::string> alarms = {"dose_missed", "dose_taken", "jam", "tamper"};
  return alarms.contains(kind) ? LANE_ALARM : LANE_MEASUREMENT;
}

// Sleeps until then; false when told to stop.
bool SleepUntil(absl::Time then, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  wake.wait_until(lock, stop, absl::ToChronoTime(then), [] { return false; });
  return !stop.stop_requested();
}

}  // namespace

Simulation::Simulation(const Options& options, std::unique_ptr<device_client::SqliteFile> outboxes)
    : options_(options), day_(absl::Now(), options.speed), outboxes_(std::move(outboxes)) {}

absl::StatusOr<std::unique_ptr<Simulation>> Simulation::Start(const std::vector<FleetDevice>& devices,
                                                              device_client::Transport& transport,
                                                              const Options& options) {
  auto outboxes = device_client::SqliteFile::Open(options.outbox_file, device_client::PowerCut::kMayLoseTheLast);
  if (!outboxes.ok()) return outboxes.status();
  std::unique_ptr<Simulation> simulation(new Simulation(options, *std::move(outboxes)));
  for (const FleetDevice& device : devices) {
    if (device.plan.sample || device.key_pem.empty()) continue;
    if (absl::Status s = simulation->Add(device, transport); !s.ok()) return s;
  }
  simulation->thread_ = std::jthread([self = simulation.get()](const std::stop_token& stop) { self->Run(stop); });
  return simulation;
}

Simulation::~Simulation() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

absl::Status Simulation::Add(const FleetDevice& device, device_client::Transport& transport) {
  auto added = std::make_unique<Device>();
  added->plan = device.plan;
  added->measurement = outboxes_->Outbox(device.plan.id, LANE_MEASUREMENT);
  added->alarm = outboxes_->Outbox(device.plan.id, LANE_ALARM);
  device_client::ClientOptions options;
  options.device = device.plan.id;
  options.identity = {.certificate_pem = device.certificate_pem, .key_pem = device.key_pem};
  options.firmware = "simulated 1.0";
  device_client::ClientEvents events;
  events.command = [this, device = added.get()](const telemetry::v1::Command& command) {
    return Obey(*device, command);
  };
  auto client = device_client::Client::Start(std::move(options), *added->measurement, *added->alarm, transport,
                                             std::move(events));
  if (!client.ok()) return client.status();
  added->client = *std::move(client);
  added->obeying = added->client.get();
  devices_.push_back(std::move(added));
  return absl::OkStatus();
}

// On the transport's thread. The first may come before Start has returned the client.
device_client::CommandResult Simulation::Obey(Device& device, const telemetry::v1::Command& command) {
  const bool report = command.kind() == "report";
  if (!report && command.kind() != "new_epoch") return device_client::CommandResult::kRefused;
  device_client::Client* const client = device.obeying;
  if (client == nullptr) return device_client::CommandResult::kFailed;
  Record record = MakeReading("battery_level", device.plan.id, options_.seed, 0, 0);
  record.set_test(!report);
  const bool kept = client->Send(LANE_MEASUREMENT, std::move(record)).ok();
  return kept ? device_client::CommandResult::kDone : device_client::CommandResult::kFailed;
}

size_t Simulation::connected() const {
  return static_cast<size_t>(
      std::count_if(devices_.begin(), devices_.end(), [](const auto& device) { return device->client->connected(); }));
}

std::vector<Simulation::Due> Simulation::DuesOfDay(int day) const {
  std::vector<Due> dues;
  for (const auto& device : devices_) {
    for (Occasion& occasion : OccasionsOfDay(device->plan.id, device->plan.product, options_.seed, day)) {
      const double midnight = day * SimulatedDay::kDay;
      occasion.at += midnight;
      if (occasion.dose_at >= 0) occasion.dose_at += midnight;
      dues.push_back({.occasion = std::move(occasion), .device = device.get()});
    }
  }
  std::sort(dues.begin(), dues.end(), [](const Due& a, const Due& b) { return a.occasion.at < b.occasion.at; });
  return dues;
}

void Simulation::Run(const std::stop_token& stop) {
  const double begin = day_.At(absl::Now());
  std::vector<Due> carried;
  for (int day = 0; !stop.stop_requested(); ++day) {
    std::vector<Due> dues = DuesOfDay(day);
    dues.insert(dues.end(), carried.begin(), carried.end());
    std::sort(dues.begin(), dues.end(), [](const Due& a, const Due& b) { return a.occasion.at < b.occasion.at; });
    carried.clear();
    const double midnight = (day + 1) * SimulatedDay::kDay;
    for (const Due& due : dues) {
      if (due.occasion.at >= midnight) {
        carried.push_back(due);
      } else if (due.occasion.at >= begin) {
        if (!SleepUntil(day_.WallAt(due.occasion.at), stop)) return;
        Say(due);
      }
    }
    if (!SleepUntil(day_.WallAt(midnight), stop)) return;
  }
}

void Simulation::Say(const Due& due) {
  const Occasion& occasion = due.occasion;
  Record record = MakeReading(occasion.kind, due.device->plan.id, options_.seed, ++said_,
                              std::fmod(occasion.at, SimulatedDay::kDay));
  if (occasion.dose_at >= 0) {
    record.set_episode("dose-" + std::to_string(absl::ToUnixMillis(day_.WallAt(occasion.dose_at))));
  }
  const auto sent = due.device->client->Send(LaneOf(occasion.kind), std::move(record));
  if (!sent.ok()) {
    std::cerr << "nara-fleet: " << due.device->plan.id << ": " << sent.status().message() << "\n";
  }
}

}  // namespace nara::fleet
