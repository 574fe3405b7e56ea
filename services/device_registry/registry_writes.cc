#include <utility>

#include "common/mqtt/shard.h"
#include "common/rpc/error.h"
#include "device_registry/registry.h"
#include "device_registry/residents/personal_number.h"
#include "device_registry/validation.h"

namespace nara::registry {
namespace {

constexpr int kMaxBulk = 1000;

}  // namespace

absl::Status Registry::CheckFallbacks(const Caller& caller, const std::vector<v1::Device>& devices) {
  std::vector<std::string> ids;
  ids.reserve(devices.size());
  for (const v1::Device& device : devices) ids.push_back(device.fallback_unit());
  const auto units = deps_.store.FindUnits(ids);
  if (!units.ok()) return units.status();
  for (const std::string& id : ids) {
    const auto unit = units->find(id);
    if (unit == units->end()) return NotThere("unit", id);
    const absl::Status status = rights_.Check(caller, Action::kRegisterDevice, OfUnit(unit->second), "unit", id);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

// A unit that somebody else creates later, under an id that a client has already, would
// be that client's.
absl::Status Registry::CheckUnitsOf(const v1::Client& client) {
  const std::vector<std::string> ids(client.units().begin(), client.units().end());
  const auto units = deps_.store.FindUnits(ids);
  if (!units.ok()) return units.status();
  for (const std::string& id : ids) {
    const auto unit = units->find(id);
    const bool own =
        unit != units->end() && (client.principal().empty() || unit->second.principal() == client.principal());
    if (!own) return Invalid("units", "are there, and of the client's principal when it has one");
  }
  return absl::OkStatus();
}

absl::StatusOr<v1::RegisterDevicesResponse> Registry::RegisterDevices(const Caller& caller,
                                                                      const v1::RegisterDevicesRequest& request) {
  if (request.devices_size() > kMaxBulk) return Invalid("devices", "are at most 1000; send the rest in another call");
  v1::RegisterDevicesResponse response;
  std::vector<v1::Device> devices;
  for (const v1::Device& device : request.devices()) {
    const Object object = OfOwner(device.owner());
    absl::Status status = rights_.Check(caller, Action::kRegisterDevice, object, "principal", device.owner());
    if (status.ok()) status = Validate(device, deps_.catalogue);
    if (!status.ok()) return status;
    devices.push_back(device);
    devices.back().clear_assignment();
    devices.back().clear_state();
    devices.back().clear_revision();
    devices.back().clear_controller();
    devices.back().clear_lead();
  }
  if (devices.empty()) return response;
  if (absl::Status status = CheckFallbacks(caller, devices); !status.ok()) return status;
  auto stored = deps_.store.RegisterDevices(ActorOf(caller), devices);
  if (!stored.ok()) return stored.status();
  for (v1::Device& device : *stored) *response.add_devices() = std::move(device);
  return response;
}

absl::StatusOr<v1::ProvisionDevicesResponse> Registry::ProvisionDevices(const Caller& caller,
                                                                        const v1::ProvisionDevicesRequest& request) {
  if (request.requests_size() > kMaxBulk) return Invalid("requests", "are at most 1000; send the rest in another call");
  std::vector<std::string> ids;
  for (const v1::CertificateRequest& one : request.requests()) ids.push_back(one.device());
  if (absl::Status status = CheckOwners(caller, Action::kProvisionDevice, ids); !status.ok()) return status;
  v1::ProvisionDevicesResponse response;
  std::vector<IssuedCertificate> issued;
  for (const v1::CertificateRequest& one : request.requests()) {
    absl::StatusOr<Credentials::Signed> made = deps_.credentials.Sign(one.device(), one.csr_pem());
    if (!made.ok()) return made.status();
    issued.push_back({one.device(), made->serial, made->not_after});
    v1::DeviceCredentials& credentials = *response.add_credentials();
    credentials.set_device(one.device());
    credentials.set_certificate_pem(std::move(made->certificate_pem));
    credentials.set_mqtt_password(deps_.credentials.MqttPassword(one.device()));
    credentials.set_shard(static_cast<std::uint32_t>(ShardOf(one.device())));
  }
  if (issued.empty()) return response;
  if (absl::Status status = deps_.store.RecordCertificates(ActorOf(caller), issued); !status.ok()) return status;
  return response;
}

absl::StatusOr<v1::CreateResidentResponse> Registry::CreateResident(const Caller& caller,
                                                                    const v1::CreateResidentRequest& request) {
  const std::string id = request.resident().empty() ? deps_.new_id() : request.resident();
  const absl::CivilDay tomorrow = absl::ToCivilDay(deps_.clock.Now(), absl::UTCTimeZone()) + 1;
  if (absl::Status status = ValidateResidentId(id, tomorrow); !status.ok()) return status;
  if (absl::Status status =
          rights_.Check(caller, Action::kAssign, OfPrincipal(request.principal()), "principal", request.principal());
      !status.ok()) {
    return status;
  }
  if (deps_.catalogue.FindPrincipal(request.principal()) == nullptr) return NotThere("principal", request.principal());
  if (absl::Status status = deps_.store.CreateResident(ActorOf(caller), id, request.principal()); !status.ok()) {
    return status;
  }
  v1::CreateResidentResponse response;
  response.set_resident(id);
  return response;
}

absl::StatusOr<v1::PutClientResponse> Registry::PutClient(const Caller& caller, const v1::PutClientRequest& request) {
  const v1::Client& client = request.client();
  if (absl::Status status =
          rights_.Check(caller, Action::kWriteClient, OfPrincipal(client.principal()), "client", client.id());
      !status.ok()) {
    return status;
  }
  if (absl::Status status = Validate(client, deps_.catalogue); !status.ok()) return status;
  if (absl::Status status = CheckUnitsOf(client); !status.ok()) return status;
  absl::StatusOr<v1::Client> stored = deps_.store.PutClient(ActorOf(caller), client);
  if (!stored.ok()) return stored.status();
  // A revocation that was answered is in force.
  if (!deps_.in_force(stored->revision())) {
    return rpc::Error(absl::StatusCode::kUnavailable, "NOT_YET_IN_FORCE",
                      "the client is stored, but not yet in force; ask again", {{"client", client.id()}});
  }
  v1::PutClientResponse response;
  *response.mutable_client() = *std::move(stored);
  return response;
}

}  // namespace nara::registry
