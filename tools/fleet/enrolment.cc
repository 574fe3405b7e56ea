#include "tools/fleet/enrolment.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <utility>

#include "common/rpc/error.h"
#include "common/time/proto_time.h"
#include "tools/fleet/keys.h"
#include "tools/fleet/parallel.h"

namespace nara::fleet {
namespace {

using registry::v1::Chain;
using registry::v1::Client;
using registry::v1::Unit;

// Calls that run beside each other; more only wait for the database.
constexpr int kWidth = 8;
// Devices of one request: well below gRPC's 4 MiB with a CSR each.
constexpr size_t kBatch = 250;

bool SameSteps(const Chain& a, const Chain& b) {
  return std::equal(a.steps().begin(), a.steps().end(), b.steps().begin(), b.steps().end(),
                    [](const auto& x, const auto& y) {
                      return x.receiver() == y.receiver() && x.accept_seconds() == y.accept_seconds();
                    });
}

// What is there and has been described better since stays.
absl::Status Unless(const std::string& reason, const absl::Status& status) {
  return rpc::ReasonOf(status) == reason ? absl::OkStatus() : status;
}

size_t Batches(size_t count) {
  return (count + kBatch - 1) / kBatch;
}

}  // namespace

Unit ToProto(const PlannedUnit& unit) {
  Unit proto;
  proto.set_id(unit.id);
  proto.set_principal(unit.principal);
  proto.set_provider(unit.provider);
  proto.set_name(unit.name);
  proto.add_regimes(registry::v1::REGIME_HSL);
  return proto;
}

absl::Status Enrolment::PutProviders(const std::vector<Unit>& units) {
  std::map<std::string, registry::v1::Provider> providers;
  for (const Unit& unit : units) {
    registry::v1::Provider& provider = providers[unit.provider()];
    provider.set_id(unit.provider());
    provider.clear_principals();
    provider.add_principals(unit.principal());
    provider.set_name(unit.provider());
    provider.set_activity(registry::v1::PROVIDER_ACTIVITY_HEALTH_CARE);
  }
  for (const auto& [id, provider] : providers) {
    registry::v1::PutProviderRequest request;
    *request.mutable_provider() = provider;
    const absl::Status status = Unless("PROVIDER_DIFFERS", registry_.PutProvider(request).status());
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status Enrolment::PutUnits(const std::vector<Unit>& units) {
  if (absl::Status status = PutProviders(units); !status.ok()) return status;
  return ForEach(units.size(), kWidth, [&](size_t i) {
    registry::v1::PutUnitRequest request;
    *request.mutable_unit() = units[i];
    return Unless("UNIT_DIFFERS", registry_.PutUnit(request).status());
  });
}

absl::Status Enrolment::PutClients(const std::vector<Client>& clients) {
  return ForEach(clients.size(), kWidth, [&](size_t i) {
    registry::v1::PutClientRequest request;
    *request.mutable_client() = clients[i];
    return registry_.PutClient(request).status();
  });
}

absl::Status Enrolment::PutChains(const std::vector<Chain>& chains) {
  return ForEach(chains.size(), kWidth, [&](size_t i) { return PutChain(chains[i]); });
}

absl::Status Enrolment::PutChain(const Chain& chain) {
  registry::v1::GetChainRequest get;
  get.set_unit(chain.unit());
  const auto current = registry_.GetChain(get);
  if (!current.ok() && !absl::IsNotFound(current.status())) return current.status();
  const uint32_t version = current.ok() ? current->chain().version() : 0;
  if (version > 0 && SameSteps(current->chain(), chain)) return absl::OkStatus();
  registry::v1::PutChainRequest put;
  *put.mutable_chain() = chain;
  put.mutable_chain()->set_version(version + 1);
  return registry_.PutChain(put).status();
}

absl::StatusOr<std::vector<FleetDevice>> Enrolment::Enrol(const std::vector<PlannedDevice>& devices, const Ids& ids) {
  std::vector<FleetDevice> enrolled(devices.size());
  std::vector<FleetDevice*> connected;
  for (size_t i = 0; i < devices.size(); ++i) {
    enrolled[i].plan = devices[i];
    if (ids.connects(devices[i])) connected.push_back(&enrolled[i]);
  }
  absl::Status status = Register(devices);
  if (status.ok()) status = Provision(connected);
  if (status.ok()) status = Assign(devices, ids);
  if (!status.ok()) return status;
  return enrolled;
}

absl::Status Enrolment::Register(const std::vector<PlannedDevice>& devices) {
  return ForEach(Batches(devices.size()), 2, [&](size_t batch) {
    registry::v1::RegisterDevicesRequest request;
    const size_t end = std::min(devices.size(), (batch + 1) * kBatch);
    for (size_t i = batch * kBatch; i < end; ++i) {
      auto* const device = request.add_devices();
      device->set_id(devices[i].id);
      device->set_product(devices[i].product);
      device->set_owner(devices[i].principal);
      device->set_fallback_unit(devices[i].unit);
      device->set_serial("SN-" + devices[i].id);
    }
    return registry_.RegisterDevices(request).status();
  });
}

absl::Status Enrolment::Provision(std::vector<FleetDevice*> devices) {
  return ForEach(Batches(devices.size()), 2, [&](size_t batch) {
    const auto begin = devices.begin() + static_cast<ptrdiff_t>(batch * kBatch);
    const auto left = static_cast<size_t>(devices.end() - begin);
    return ProvisionBatch({begin, begin + static_cast<ptrdiff_t>(std::min(left, kBatch))});
  });
}

absl::Status Enrolment::ProvisionBatch(const std::vector<FleetDevice*>& devices) {
  registry::v1::ProvisionDevicesRequest request;
  for (FleetDevice* const device : devices) {
    absl::StatusOr<DeviceKey> key = MakeDeviceKey(device->plan.id);
    if (!key.ok()) return key.status();
    device->key_pem = std::move(key->key_pem);
    auto* const wanted = request.add_requests();
    wanted->set_device(device->plan.id);
    wanted->set_csr_pem(key->csr_pem);
  }
  const auto response = registry_.ProvisionDevices(request);
  if (!response.ok()) return response.status();
  if (response->credentials_size() != static_cast<int>(devices.size())) {
    return absl::InternalError("the registry did not answer every certificate request");
  }
  for (size_t i = 0; i < devices.size(); ++i) {
    const auto& credentials = response->credentials(static_cast<int>(i));
    devices[i]->certificate_pem = credentials.certificate_pem();
    devices[i]->mqtt_password = credentials.mqtt_password();
  }
  return absl::OkStatus();
}

absl::Status Enrolment::Assign(const std::vector<PlannedDevice>& devices, const Ids& ids) {
  return ForEach(devices.size(), kWidth, [&](size_t i) { return AssignOne(devices[i], ids); });
}

absl::Status Enrolment::AssignOne(const PlannedDevice& device, const Ids& ids) {
  registry::v1::CreateResidentRequest resident;
  resident.set_resident(device.resident);
  resident.set_principal(device.principal);
  if (absl::Status s = registry_.CreateResident(resident).status(); !s.ok()) return s;
  registry::v1::AssignDeviceRequest assign;
  assign.set_assignment(ids.assignment_of(device));
  assign.set_device(device.id);
  assign.set_resident(device.resident);
  assign.set_regime(registry::v1::REGIME_HSL);
  assign.set_care_unit(device.unit);
  assign.set_alarm_unit(device.unit);
  assign.set_end_running(ids.end_running);
  if (ids.start_of) *assign.mutable_start_at() = nara::ToProto(ids.start_of(device));
  return registry_.AssignDevice(assign).status();
}

absl::Status Enrolment::EndAssignments(const std::vector<FleetDevice>& devices, const Ids& ids) {
  return ForEach(devices.size(), kWidth, [&](size_t i) {
    registry::v1::EndAssignmentRequest request;
    request.set_assignment(ids.assignment_of(devices[i].plan));
    return registry_.EndAssignment(request).status();
  });
}

}  // namespace nara::fleet
