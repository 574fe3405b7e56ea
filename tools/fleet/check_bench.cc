#include "tools/fleet/check_bench.h"

#include <algorithm>
#include <iostream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "device_client/mqtt_loop.h"
#include "tools/fleet/endpoint.h"

namespace nara::fleet {
namespace {

using telemetry::v1::LANE_ALARM;
using telemetry::v1::Receipt;

constexpr char kPrincipal[] = "14";
constexpr char kCentre[] = "check-centre";
constexpr char kCare[] = "check-care";

void Say(const std::string& what) {
  std::cerr << "check: " << what << std::endl;
}

void AddDevices(const std::string& prefix, const char* product, const char* unit, int count,
                std::vector<PlannedDevice>& devices) {
  for (int i = 1; i <= count; ++i) {
    const std::string id = absl::StrCat(prefix, "-", i);
    devices.push_back(
        {.id = id, .product = product, .principal = kPrincipal, .unit = unit, .resident = "r-" + id, .sample = false});
  }
}

registry::v1::Client MakeClient(const char* id, const char* role) {
  registry::v1::Client client;
  client.set_id(id);
  client.set_role(role);
  client.set_principal(kPrincipal);
  return client;
}

registry::v1::Chain MakeChain(const char* unit) {
  registry::v1::Chain chain;
  chain.set_unit(unit);
  for (const auto& [receiver, seconds] : {std::pair(kCentre, 60), std::pair("county-fallback", 300)}) {
    auto* const step = chain.add_steps();
    step->set_receiver(receiver);
    step->set_accept_seconds(static_cast<uint32_t>(seconds));
  }
  return chain;
}

}  // namespace

CheckBench::CheckBench(const tools::DemoFile& demo)
    : demo_(demo),
      run_(std::to_string(absl::ToUnixMillis(absl::Now()))),
      registry_(demo.registry, demo.TlsOfClient("nara-admin")),
      alert_client_(demo.alerts, demo.TlsOfClient(kCentre)),
      observation_client_(demo.broker, demo.TlsOfClient(kCare)) {}

CheckBench::~CheckBench() {
  load_.reset();
  devices_.clear();
  const absl::Status ended = Enrolment(registry_).EndAssignments(enrolled_, Ids());
  if (!ended.ok()) Say("its devices stay assigned: " + std::string(ended.message()));
}

std::vector<PlannedDevice> CheckBench::PlanDevices() {
  std::vector<PlannedDevice> devices;
  AddDevices("check-bp", kMeter, kUnit, 10, devices);
  AddDevices("check-dose", kDispenser, kUnit, 10, devices);
  AddDevices("load-bp", kMeter, kLoadUnit, 50, devices);
  AddDevices("load-dose", kDispenser, kLoadUnit, 20, devices);
  return devices;
}

absl::Status CheckBench::Prepare() {
  Say("registering its own unit, chain, clients and devices");
  absl::Status status = Enrol();
  if (status.ok()) status = Connect();
  if (status.ok()) status = ProveEveryDevice();
  if (status.ok()) status = ProveSubscriptionAndCentre();
  return status;
}

Enrolment::Ids CheckBench::Ids() const {
  return {.connects = [](const PlannedDevice&) { return true; },
          .assignment_of = [this](const PlannedDevice& d) { return "check-" + run_ + "-" + d.id; },
          .start_of = {},
          .end_running = true};
}

absl::Status CheckBench::Enrol() {
  Enrolment enrolment(registry_);
  std::vector<registry::v1::Unit> units;
  for (const char* id : {kUnit, kLoadUnit}) {
    units.push_back(ToProto({.id = id, .principal = kPrincipal, .provider = "check", .name = id}));
  }
  registry::v1::Client care = MakeClient(kCare, "care_unit");
  care.add_units(kUnit);
  absl::Status status = enrolment.PutUnits(units);
  if (status.ok()) status = enrolment.PutClients({MakeClient(kCentre, "alarm_centre"), care});
  if (status.ok()) status = enrolment.PutChains({MakeChain(kUnit), MakeChain(kLoadUnit)});
  if (!status.ok()) return status;
  auto enrolled = enrolment.Enrol(PlanDevices(), Ids());
  if (!enrolled.ok()) return enrolled.status();
  enrolled_ = *std::move(enrolled);
  return absl::OkStatus();
}

absl::Status CheckBench::Connect() {
  const auto endpoint = ParseEndpoint(demo_.mqtt_tls);
  if (!endpoint.ok()) return endpoint.status();
  auto transport = device_client::StartMqttLoop({.host = endpoint->host, .port = endpoint->port, .ca_file = demo_.ca});
  if (!transport.ok()) return transport.status();
  transport_ = *std::move(transport);
  proofs_.resize(enrolled_.size());
  devices_.resize(enrolled_.size());
  for (size_t i = 0; i < enrolled_.size(); ++i) {
    auto device =
        StartDevice(enrolled_[i], *transport_,
                    {.receipt = [this, i](const Receipt& r) { OnReceipt(i, r); }, .command = {}, .connection = {}});
    if (!device.ok()) return device.status();
    devices_[i] = *std::move(device);
  }
  centre_ = std::make_unique<CheckCentre>(alert_client_, kCentre, alarms_);
  subscription_ = std::jthread([this](const std::stop_token& stop) { Subscribe(stop); });
  return absl::OkStatus();
}

// On the transport's thread. Sequences are settled in order, so the first
// receipt that covers one is its own.
void CheckBench::OnReceipt(size_t index, const Receipt& receipt) {
  const absl::Time now = absl::Now();
  const std::lock_guard lock(mutex_);
  Proof& proof = proofs_[index];
  const bool alarm = receipt.lane() == LANE_ALARM;
  const bool refused = receipt.held_size() > 0 || receipt.rejected_size() > 0;
  if (refused) {
    proof.refusal = receipt.rejected_size() > 0 ? receipt.rejected(0).reason() + " " + receipt.rejected(0).detail()
                                                : "held in quarantine";
  } else {
    (alarm ? proof.alarm : proof.measurement) = true;
  }
  uint64_t& settled = alarm ? proof.settled_alarm : proof.settled_measurement;
  if (devices_[index] == nullptr || devices_[index]->plan.unit != kUnit) return;
  for (; settled < receipt.through(); ++settled) {
    (alarm ? alarms_ : measurements_).Receipted(EventId(*devices_[index], receipt.lane(), settled + 1), now);
  }
}

void CheckBench::Subscribe(const std::stop_token& stop) {
  broker::v1::SubscribeRequest request;
  request.add_units(kUnit);
  const absl::Status status =
      observation_client_.Subscribe(request, stop, [this](const broker::v1::SubscribeResponse& response) {
        const absl::Time now = absl::Now();
        for (const auto& observation : response.observations()) {
          measurements_.Arrived(observation.id(), now);
        }
        const std::lock_guard lock(mutex_);
        observed_ += static_cast<size_t>(response.observations_size());
      });
  const std::lock_guard lock(mutex_);
  subscription_error_ = std::string(status.message());
}

}  // namespace nara::fleet
