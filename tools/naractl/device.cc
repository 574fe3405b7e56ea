#include "tools/naractl/command.h"
#include "tools/naractl/list.h"
#include "tools/platform/registry_client.h"

namespace nara::naractl {
namespace {

struct RegisterOptions {
  std::string id;
  std::string product;
  std::string unit;
  std::string principal;
  std::string serial;
};

struct AssignOptions {
  std::string device;
  std::string resident;
  std::string shared_by;
  std::string unit;
  bool end_running = false;
};

struct GetOptions {
  std::string device;
};

struct ListOptions {
  std::string principal;
  std::string product;
};

std::vector<std::string> Row(const registry::v1::Device& device) {
  std::string unit;
  for (const auto& point : device.assignment().responsibilities()) {
    if (point.purpose() == registry::v1::PURPOSE_CARE) unit = point.unit();
  }
  return {device.id(), device.product(), device.owner(), device.assignment().resident(), unit};
}

const std::vector<std::string> kHeading = {"DEVICE", "PRODUCT", "OWNER", "RESIDENT", "CARE UNIT"};

absl::Status Register(Session& session, const RegisterOptions& options) {
  const auto call = session.Begin("principal_admin");
  if (!call.ok()) return call.status();
  registry::v1::RegisterDevicesRequest request;
  auto& device = *request.add_devices();
  device.set_id(options.id);
  device.set_product(options.product);
  device.set_owner(options.principal.empty() ? call->persona.principal : options.principal);
  device.set_fallback_unit(options.unit);
  device.set_serial(options.serial);
  const auto done = tools::RegistryClient(call->demo.registry, call->tls, call->reason).RegisterDevices(request);
  if (!done.ok()) return done.status();
  PrintLine(session.json ? ToJson(done->devices(0)) : "device " + options.id + " registered");
  return absl::OkStatus();
}

absl::Status Assign(Session& session, const AssignOptions& options) {
  const auto call = session.Begin("principal_admin");
  if (!call.ok()) return call.status();
  registry::v1::AssignDeviceRequest request;
  request.set_device(options.device);
  request.set_resident(options.resident);
  request.set_unit(options.shared_by);
  request.set_regime(registry::v1::REGIME_HSL);
  request.set_care_unit(options.unit);
  request.set_alarm_unit(options.unit);
  request.set_end_running(options.end_running);
  const auto done = tools::RegistryClient(call->demo.registry, call->tls, call->reason).AssignDevice(request);
  if (!done.ok()) return done.status();
  PrintLine(session.json ? ToJson(done->assignment())
                         : "device " + options.device + " assigned: " + done->assignment().id());
  return absl::OkStatus();
}

absl::Status Get(Session& session, const GetOptions& options) {
  const auto call = session.Begin("operator");
  if (!call.ok()) return call.status();
  registry::v1::GetDeviceRequest request;
  request.set_device(options.device);
  const auto got = tools::RegistryClient(call->demo.registry, call->tls, call->reason).GetDevice(request);
  if (!got.ok()) return got.status();
  session.json ? PrintLine(ToJson(got->device())) : PrintTable({kHeading, Row(got->device())});
  return absl::OkStatus();
}

absl::Status List(Session& session, const ListOptions& options) {
  const auto call = session.Begin("operator");
  if (!call.ok()) return call.status();
  tools::RegistryClient registry(call->demo.registry, call->tls, call->reason);
  registry::v1::ListDevicesRequest request;
  request.set_principal(options.principal);
  request.set_product(options.product);
  request.set_page_size(1000);
  const auto ask = [&](const std::string& token) {
    request.set_page_token(token);
    return registry.ListDevices(request);
  };
  const auto items = [](const auto& page) -> const auto& { return page.devices(); };
  return PrintList(session, {kHeading}, ask, items, Row);
}

void DescribeRegister(CLI::App& command, RegisterOptions& options) {
  command.add_option("id", options.id, "[a-z0-9][a-z0-9-]{2,62}")->required();
  command.add_option("--product", options.product, "of the catalogue")->required();
  command.add_option("--unit", options.unit, "gets technical alerts about it")->required();
  command.add_option("--principal", options.principal, "its owner; by default the persona's");
  command.add_option("--serial", options.serial, "by the maker");
}

void DescribeAssign(CLI::App& command, AssignOptions& options) {
  command.add_option("id", options.device, "the device")->required();
  command.add_option("--resident", options.resident, "who uses it");
  command.add_option("--shared-by", options.shared_by, "the unit whose residents share it, in place of a resident");
  command.add_option("--unit", options.unit, "answers for care and alarms")->required();
  command.add_flag("--end-running", options.end_running, "ends the assignment that runs");
}

}  // namespace

// In device_provision.cc.
void AddProvisionCommand(CLI::App& group, Session& session);
// In device_life.cc and device_import.cc.
void AddLifeCommands(CLI::App& group, Session& session);
void AddImportCommand(CLI::App& group, Session& session);

// In device_identity.cc.
void AddDeviceIdentityCommands(CLI::App& group, Session& session);

void AddDeviceCommands(CLI::App& app, Session& session) {
  CLI::App& group = *app.add_subcommand("device", "Devices and who uses them.");
  group.require_subcommand(1);
  AddCommand<RegisterOptions>(group, session, "register", "Registers a device.", DescribeRegister, Register);
  AddProvisionCommand(group, session);
  AddDeviceIdentityCommands(group, session);
  AddCommand<AssignOptions>(group, session, "assign", "Gives a device to a resident.", DescribeAssign, Assign);
  AddCommand<ListOptions>(
      group, session, "list", "Lists devices.",
      [](CLI::App& command, ListOptions& options) {
        command.add_option("--principal", options.principal, "only of this principal");
        command.add_option("--product", options.product, "only of this product");
      },
      List);
  AddCommand<GetOptions>(
      group, session, "get", "Shows a device with its assignment.",
      [](CLI::App& command, GetOptions& options) {
        command.add_option("id", options.device, "the device")->required();
      },
      Get);
  AddLifeCommands(group, session);
  AddImportCommand(group, session);
}

}  // namespace nara::naractl
