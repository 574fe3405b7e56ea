// A hub with one blood pressure meter: keeps a reading on the disk, sends it, and ends when the platform has it.
// docs/using/hub.md goes through it.
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iostream>
#include <iterator>
#include <mutex>
#include <string>
#include <utility>

#include "device_client/client.h"
#include "device_client/mqtt_loop.h"
#include "device_client/sqlite_storage.h"

namespace {

namespace client = nara::device_client;
using nara::telemetry::v1::LANE_ALARM;
using nara::telemetry::v1::LANE_MEASUREMENT;
using nara::telemetry::v1::Receipt;
using nara::telemetry::v1::Record;

constexpr std::chrono::seconds kPatience{30};

std::string ReadFile(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Digits as the meter shows them: a number goes through no float.
Record Reading(const std::string& systolic, const std::string& diastolic) {
  Record record;
  record.set_kind("blood_pressure");
  for (const auto& [component, decimal] : {std::pair("systolic", systolic), std::pair("diastolic", diastolic)}) {
    auto& value = *record.add_values();
    value.set_component(component);
    value.set_decimal(decimal);
  }
  return record;
}

// Wakes main when a receipt has come: nothing may block the transport's thread.
class Receipts {
 public:
  void Take(const Receipt& receipt) {
    const std::lock_guard lock(mutex_);
    std::cout << "receipt: all up to " << receipt.through() << " is durable\n";
    for (const auto& no : receipt.rejected()) std::cout << no.seq() << " rejected: " << no.detail() << "\n";
    for (const auto seq : receipt.held()) std::cout << seq << " held: nobody has the device yet\n";
    came_.notify_all();
  }
  bool WaitUntil(const std::function<bool()>& done) {
    std::unique_lock lock(mutex_);
    return came_.wait_for(lock, kPatience, done);
  }

 private:
  std::mutex mutex_;
  std::condition_variable came_;
};

int Fail(const absl::Status& status) {
  std::cerr << status.message() << "\n";
  return EXIT_FAILURE;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) {
    std::cerr << "usage: nara-hub DEVICE FOLDER PORT SYSTOLIC DIASTOLIC\n";
    return EXIT_FAILURE;
  }
  const std::string device = argv[1];
  const std::string folder = argv[2];
  auto file = client::SqliteFile::Open(folder + "/outbox.db", client::PowerCut::kLosesNothing);
  if (!file.ok()) return Fail(file.status());
  auto transport = client::StartMqttLoop({.port = std::atoi(argv[3]), .ca_file = folder + "/ca.crt"});
  if (!transport.ok()) return Fail(transport.status());
  const auto measurement = (*file)->Outbox(device, LANE_MEASUREMENT);
  const auto alarm = (*file)->Outbox(device, LANE_ALARM);

  client::ClientOptions options;
  options.device = device;
  options.identity = {ReadFile(folder + "/" + device + ".crt"), ReadFile(folder + "/" + device + ".key")};
  Receipts receipts;
  client::ClientEvents events;
  events.receipt = [&](const Receipt& receipt) { receipts.Take(receipt); };
  auto hub = client::Client::Start(options, *measurement, *alarm, **transport, events);
  if (!hub.ok()) return Fail(hub.status());

  const auto seq = (*hub)->Send(LANE_MEASUREMENT, Reading(argv[4], argv[5]));
  if (!seq.ok()) return Fail(seq.status());
  std::cout << "kept as " << *seq << "\n";
  if (receipts.WaitUntil([&] { return (*hub)->waiting() == 0; })) return EXIT_SUCCESS;
  std::cerr << (*hub)->waiting() << " wait for their receipt; they go when the hub starts again\n";
  return EXIT_FAILURE;
}
