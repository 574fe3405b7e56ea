#include "tools/fleet/fleet_state.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/numbers.h"
#include "device_client/topics.h"
#include "tools/platform/json.h"

namespace nara::fleet {
namespace {

using tools::TextOf;

constexpr char kSampleUse[] = "sample";

std::string StatePath(const std::string& folder) {
  return folder + "/fleet.json";
}

FleetDevice ReadDevice(const boost::json::value& value) {
  return {.plan = {.id = TextOf(value, "id"),
                   .product = TextOf(value, "product"),
                   .principal = TextOf(value, "principal"),
                   .unit = TextOf(value, "unit"),
                   .resident = TextOf(value, "resident"),
                   .sample = TextOf(value, "use") == kSampleUse},
          .certificate_pem = TextOf(value, "certificate"),
          .key_pem = TextOf(value, "key"),
          .mqtt_password = TextOf(value, "password")};
}

boost::json::object DeviceJson(const FleetDevice& device) {
  return {{"id", device.plan.id},
          {"product", device.plan.product},
          {"principal", device.plan.principal},
          {"unit", device.plan.unit},
          {"resident", device.plan.resident},
          {"use", device.plan.sample ? kSampleUse : "simulated"},
          {"certificate", device.certificate_pem},
          {"key", device.key_pem},
          {"password", device.mqtt_password}};
}

boost::json::object Description(const FleetDevice& device, const std::string& cert, const std::string& key) {
  const device_client::Topics topics = device_client::TopicsOf(device.plan.id);
  const std::string shard = topics.up.substr(std::string("nara/v1/").size(), 2);
  return {{"id", device.plan.id},
          {"product", device.plan.product},
          {"shard", shard},
          {"up", topics.up},
          {"alarm", topics.alarm},
          {"receipt", topics.receipt},
          {"cert", cert},
          {"key", key},
          {"password", device.mqtt_password},
          {"principal", device.plan.principal},
          {"unit", device.plan.unit}};
}

}  // namespace

absl::StatusOr<FleetState> ReadFleetState(const std::string& folder) {
  const auto json = tools::ReadJson(StatePath(folder));
  if (!json.ok()) return json.status();
  FleetState state{.fingerprint = TextOf(*json, "fingerprint"), .registered = 0, .devices = {}};
  const std::string registered = TextOf(*json, "registered");
  if (!absl::SimpleAtoi(registered, &state.registered)) {
    return absl::DataLossError(StatePath(folder) + " is not a state of this program: remove it");
  }
  for (const auto& value : tools::ArrayOf(*json, "devices")) {
    state.devices.push_back(ReadDevice(value));
  }
  return state;
}

absl::Status WriteFleetState(const std::string& folder, const FleetState& state) {
  boost::json::array devices;
  for (const FleetDevice& device : state.devices) devices.push_back(DeviceJson(device));
  const boost::json::object json{{"fingerprint", state.fingerprint},
                                 {"registered", std::to_string(state.registered)},
                                 {"devices", std::move(devices)}};
  return tools::WriteFile(StatePath(folder), tools::PrettyJson(json));
}

absl::StatusOr<std::string> DescribeDevices(const std::string& folder, const std::vector<FleetDevice>& devices) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  const std::string absolute = std::filesystem::absolute(folder, error);
  boost::json::array described;
  for (const FleetDevice& device : devices) {
    const std::string base = absolute + "/" + device.plan.id;
    absl::Status status = tools::WriteFile(base + ".crt", device.certificate_pem);
    if (status.ok()) status = tools::WriteFile(base + ".key", device.key_pem);
    if (!status.ok()) return status;
    described.push_back(Description(device, base + ".crt", base + ".key"));
  }
  return tools::PrettyJson(described);
}

}  // namespace nara::fleet
