#include <filesystem>
#include <iostream>

#include "common/hash/random.h"
#include "tools/fleet/enrolment.h"
#include "tools/fleet/fleet_state.h"
#include "tools/naractl/command.h"
#include "tools/platform/registry_client.h"

namespace nara::naractl {
namespace {

struct ProvisionOptions {
  std::vector<std::string> devices;
  int count = 0;
  std::string product = "bp-meter";
  std::string unit;
  std::string folder;
};

constexpr std::size_t kIdBytes = 4;

std::string FolderOf(const ProvisionOptions& options, const Session::Call& call) {
  if (!options.folder.empty()) return options.folder;
  return std::filesystem::path(call.demo.path).parent_path() / "devices";
}

// The unit of --unit, else that of the demo's care unit.
std::string UnitOf(const ProvisionOptions& options, const Session::Call& call) {
  if (!options.unit.empty()) return options.unit;
  const auto care = call.demo.personas.find("care_unit");
  return care == call.demo.personas.end() ? "" : care->second.unit;
}

absl::StatusOr<std::vector<fleet::FleetDevice>> MakeNew(const ProvisionOptions& options, const Session::Call& call,
                                                        fleet::Enrolment& enrolment) {
  std::vector<fleet::PlannedDevice> planned;
  for (int i = 0; i < options.count; ++i) {
    const std::string id = options.product + "-" + RandomHex(kIdBytes);
    planned.push_back({.id = id,
                       .product = options.product,
                       .principal = call.persona.principal,
                       .unit = UnitOf(options, call),
                       .resident = "r-" + RandomHex(kIdBytes),
                       .sample = false});
  }
  return enrolment.Enrol(planned, {.connects = [](const auto&) { return true; },
                                   .assignment_of = [](const auto& device) { return "a-" + device.id; },
                                   .start_of = {},
                                   .end_running = false});
}

absl::StatusOr<std::vector<fleet::FleetDevice>> ProvisionKnown(const ProvisionOptions& options,
                                                               tools::RegistryClient& registry,
                                                               fleet::Enrolment& enrolment) {
  std::vector<fleet::FleetDevice> devices;
  for (const std::string& id : options.devices) {
    registry::v1::GetDeviceRequest request;
    request.set_device(id);
    const auto known = registry.GetDevice(request);
    if (!known.ok()) return known.status();
    devices.push_back({.plan = {.id = id,
                                .product = known->device().product(),
                                .principal = known->device().owner(),
                                .unit = known->device().fallback_unit(),
                                .resident = known->device().assignment().resident(),
                                .sample = false}});
  }
  std::vector<fleet::FleetDevice*> pointers;
  for (fleet::FleetDevice& device : devices) pointers.push_back(&device);
  if (absl::Status status = enrolment.Provision(pointers); !status.ok()) return status;
  return devices;
}

absl::Status Provision(Session& session, const ProvisionOptions& options) {
  if (options.devices.empty() == (options.count == 0)) {
    return absl::InvalidArgumentError("give either ids of registered devices or --count");
  }
  const auto call = session.Begin("principal_admin");
  if (!call.ok()) return call.status();
  tools::RegistryClient registry(call->demo.registry, call->tls, call->reason);
  fleet::Enrolment enrolment(registry);
  const auto devices =
      options.count > 0 ? MakeNew(options, *call, enrolment) : ProvisionKnown(options, registry, enrolment);
  if (!devices.ok()) return devices.status();
  const auto described = fleet::DescribeDevices(FolderOf(options, *call), *devices);
  if (!described.ok()) return described.status();
  if (session.json) {
    std::cout << *described << std::flush;
    return absl::OkStatus();
  }
  Table table{{"DEVICE", "PRODUCT", "UNIT", "CERTIFICATE"}};
  for (const fleet::FleetDevice& device : *devices) {
    table.push_back({device.plan.id, device.plan.product, device.plan.unit,
                     FolderOf(options, *call) + "/" + device.plan.id + ".crt"});
  }
  PrintTable(table);
  return absl::OkStatus();
}

}  // namespace

void AddProvisionCommand(CLI::App& group, Session& session) {
  AddCommand<ProvisionOptions>(
      group, session, "provision",
      "Makes keys and certificates: for registered devices, or for new ones (--count) that are "
      "registered and assigned as well.",
      [](CLI::App& command, ProvisionOptions& options) {
        command.add_option("ids", options.devices, "registered devices");
        command.add_option("--count", options.count, "so many new devices")->check(CLI::Range(1, 10'000));
        command.add_option("--product", options.product, "of the new devices")->capture_default_str();
        command.add_option("--unit", options.unit, "of the new devices; by default care_unit's");
        command.add_option("--out", options.folder, "folder for certificates and keys; by default .nara/devices");
      },
      Provision);
}

}  // namespace nara::naractl
