#include "tools/fleet/replay.h"

#include <boost/json/object.hpp>
#include <iostream>
#include <map>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "common/time/proto_time.h"
#include "device_client/mqtt_loop.h"
#include "tools/fleet/device_set.h"
#include "tools/fleet/endpoint.h"
#include "tools/fleet/enrolment.h"
#include "tools/fleet/replay_file.h"
#include "tools/platform/demo_file.h"
#include "tools/platform/json.h"
#include "tools/platform/observation_client.h"
#include "tools/platform/quarantine_client.h"

namespace nara::fleet {
namespace {

constexpr char kZone[] = "Europe/Stockholm";
constexpr absl::Duration kSettleTimeout = absl::Minutes(3);
constexpr absl::Duration kCountTimeout = absl::Minutes(1);
constexpr size_t kMostRowsOfAPatient = 100'000;

// A patient of the file with the device that replays the readings.
struct Patient {
  PlannedDevice device;
  std::vector<GlucoseRow> rows;
  std::vector<absl::Time> times;
  std::unique_ptr<LiveDevice> live;
};

struct Counts {
  int64_t history = 0;
  std::map<std::string, int64_t> quarantine;  // by reason

  int64_t Quarantined() const {
    int64_t sum = 0;
    for (const auto& [reason, count] : quarantine) sum += count;
    return sum;
  }
};

telemetry::v1::Record ToRecord(const GlucoseRow& row, absl::Time at) {
  telemetry::v1::Record record;
  *record.mutable_at() = nara::ToProto(at);
  record.set_kind("glucose");
  auto* const glucose = record.add_values();
  glucose->set_component("glucose");
  glucose->set_decimal(row.mg_per_dl);
  glucose->set_ucum("mg/dL");
  auto* const context = record.add_values();
  context->set_component("context");
  context->set_code(row.context);
  return record;
}

class Replayer {
 public:
  Replayer(const ReplayOptions& options, tools::DemoFile demo) : options_(options), demo_(std::move(demo)) {}

  absl::Status Run() {
    absl::Status status = Read();
    if (status.ok()) status = Enrol();
    if (status.ok()) status = Send();
    if (status.ok()) status = Count();
    return status;
  }

 private:
  absl::Status Read();
  absl::Status Enrol();
  absl::Status Send();
  absl::Status AwaitReceipts();
  absl::Status Count();
  absl::Status CountOnce(tools::ObservationClient& observations, tools::QuarantineClient& quarantine,
                         Counts& counts) const;
  void Print(const Counts& counts) const;

  const ReplayOptions options_;
  const tools::DemoFile demo_;
  std::unique_ptr<device_client::Transport> transport_;
  std::vector<Patient> patients_;
  int64_t rows_ = 0;
};

absl::Status Replayer::Read() {
  const auto content = tools::ReadFile(options_.file);
  if (!content.ok()) return content.status();
  auto series = ParseGlucoseFile(*content);
  if (!series.ok()) return series.status();
  absl::TimeZone zone;
  if (!absl::LoadTimeZone(kZone, &zone)) {
    return absl::FailedPreconditionError("the time zone " + std::string(kZone) + " is not installed (package tzdata)");
  }
  const auto persona = demo_.personas.find("care_unit");
  if (persona == demo_.personas.end()) return absl::NotFoundError("the demo has no care_unit");
  const absl::Time now = absl::Now();
  const std::string tag = options_.tag.empty() ? std::to_string(absl::ToUnixSeconds(now)) : options_.tag;
  for (auto& [name, rows] : *series) {
    Patient& patient = patients_.emplace_back();
    const std::string id = "replay-" + tag + "-" + name;
    patient.device = {.id = id,
                      .product = "glucose-meter",
                      .principal = persona->second.principal,
                      .unit = persona->second.unit,
                      .resident = "r-" + id,
                      .sample = false};
    patient.times = options_.keep_time ? TimesAsRecorded(rows, zone) : TimesEndingNow(rows, zone, now);
    patient.rows = std::move(rows);
    rows_ += static_cast<int64_t>(patient.rows.size());
  }
  return absl::OkStatus();
}

absl::Status Replayer::Enrol() {
  std::cerr << "replay: registering " << patients_.size() << " devices" << std::endl;
  std::vector<PlannedDevice> devices;
  std::map<std::string, absl::Time> starts;
  for (const Patient& patient : patients_) {
    devices.push_back(patient.device);
    starts[patient.device.id] = patient.times.front() - absl::Hours(24);
  }
  tools::RegistryClient registry(demo_.registry, demo_.TlsOfClient("nara-admin"));
  const auto enrolled =
      Enrolment(registry).Enrol(devices, {.connects = [](const PlannedDevice&) { return true; },
                                          .assignment_of = [](const PlannedDevice& device) { return "a-" + device.id; },
                                          .start_of = [&](const PlannedDevice& device) { return starts.at(device.id); },
                                          .end_running = false});
  if (!enrolled.ok()) return enrolled.status();
  const auto endpoint = ParseEndpoint(demo_.mqtt_tls);
  if (!endpoint.ok()) return endpoint.status();
  auto transport = device_client::StartMqttLoop({.host = endpoint->host, .port = endpoint->port, .ca_file = demo_.ca});
  if (!transport.ok()) return transport.status();
  transport_ = *std::move(transport);
  for (size_t i = 0; i < patients_.size(); ++i) {
    auto live =
        StartDevice((*enrolled)[i], *transport_, {}, {.max_records = kMostRowsOfAPatient, .max_bytes = 64 << 20});
    if (!live.ok()) return live.status();
    patients_[i].live = *std::move(live);
  }
  return absl::OkStatus();
}

absl::Status Replayer::Send() {
  std::cerr << "replay: sending " << rows_ << " readings" << std::endl;
  for (Patient& patient : patients_) {
    for (size_t i = 0; i < patient.rows.size(); ++i) {
      const auto sent =
          patient.live->client->Send(telemetry::v1::LANE_MEASUREMENT, ToRecord(patient.rows[i], patient.times[i]));
      if (!sent.ok()) return sent.status();
    }
  }
  return AwaitReceipts();
}

absl::Status Replayer::AwaitReceipts() {
  const absl::Time deadline = absl::Now() + kSettleTimeout;
  for (const Patient& patient : patients_) {
    while (patient.live->client->waiting() > 0) {
      if (absl::Now() > deadline) {
        return absl::DeadlineExceededError(patient.device.id + " still waits for receipts of " +
                                           std::to_string(patient.live->client->waiting()) + " readings");
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  }
  return absl::OkStatus();
}

absl::Status Replayer::Count() {
  const auto tls = demo_.TlsOf("care_unit");
  if (!tls.ok()) return tls.status();
  tools::ObservationClient observations(demo_.broker, *tls);
  tools::QuarantineClient quarantine(demo_.ingest, *tls);
  const absl::Time deadline = absl::Now() + kCountTimeout;
  Counts counts;
  while (counts.history + counts.Quarantined() < rows_ && absl::Now() < deadline) {
    counts = {};
    if (absl::Status s = CountOnce(observations, quarantine, counts); !s.ok()) return s;
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  }
  Print(counts);
  if (counts.history + counts.Quarantined() == rows_) return absl::OkStatus();
  return absl::DataLossError("history and quarantine do not add up to the readings of the file");
}

absl::Status Replayer::CountOnce(tools::ObservationClient& observations, tools::QuarantineClient& quarantine,
                                 Counts& counts) const {
  for (const Patient& patient : patients_) {
    broker::v1::ListObservationsRequest history;
    history.set_device(patient.device.id);
    history.set_page_size(1000);
    do {
      const auto page = observations.ListObservations(history);
      if (!page.ok()) return page.status();
      counts.history += page->observations_size();
      history.set_page_token(page->next_page_token());
    } while (!history.page_token().empty());
    ingest::v1::ListQuarantineRequest held;
    held.set_device(patient.device.id);
    held.set_page_size(1000);
    do {
      const auto page = quarantine.ListQuarantine(held);
      if (!page.ok()) return page.status();
      for (const auto& record : page->records()) ++counts.quarantine[record.reason()];
      held.set_page_token(page->next_page_token());
    } while (!held.page_token().empty());
  }
  return absl::OkStatus();
}

void Replayer::Print(const Counts& counts) const {
  if (options_.json) {
    boost::json::object reasons;
    for (const auto& [reason, count] : counts.quarantine) reasons[reason] = count;
    std::cout << tools::LineJson(boost::json::object{{"rows", rows_},
                                                     {"history", counts.history},
                                                     {"quarantine", counts.Quarantined()},
                                                     {"reasons", reasons}})
              << std::endl;
    return;
  }
  std::cout << "readings   " << rows_ << "\nhistory    " << counts.history << "\nquarantine " << counts.Quarantined()
            << "\n";
  for (const auto& [reason, count] : counts.quarantine) {
    std::cout << "  " << reason << " " << count << "\n";
  }
  std::cout << "together   " << counts.history + counts.Quarantined() << std::endl;
}

}  // namespace

absl::Status Replay(const ReplayOptions& options) {
  const auto path = tools::FindDemoFile(options.demo);
  if (!path.ok()) return path.status();
  auto demo = tools::ReadDemoFile(*path);
  if (!demo.ok()) return demo.status();
  return Replayer(options, *std::move(demo)).Run();
}

}  // namespace nara::fleet
