#include <utility>

#include "common/mqtt/shard.h"
#include "common/routes/timeline.h"
#include "common/rpc/error.h"
#include "device_registry/registry.h"
#include "device_registry/validation.h"

namespace nara::registry {
namespace {

constexpr int kMaxBulk = 1000;

// A region ("14") has the first digits of its municipalities' codes ("1480").
bool IsRegionOf(const std::string& region, const std::string& principal) {
  return region.size() == 2 && principal.size() == 4 && principal.starts_with(region);
}

}  // namespace

// A unit to which a responsibility may be given. It stays with its principal, so what
// is right now is right in the transaction too.
absl::StatusOr<v1::Unit> Registry::UnitToAnswer(const Caller& caller, const std::string& id) {
  absl::StatusOr<v1::Unit> unit = FindUnit(id);
  if (!unit.ok()) return unit.status();
  if (absl::Status status = rights_.Check(caller, Action::kAssign, OfUnit(*unit), "unit", id); !status.ok())
    return status;
  return unit;
}

absl::Status Registry::CheckResident(const Caller& caller, const std::string& id) {
  const absl::StatusOr<std::optional<std::string>> principal = deps_.store.FindResident(id);
  if (!principal.ok()) return principal.status();
  if (!principal->has_value()) return NotThere("resident", id);
  return rights_.Check(caller, Action::kAssign, OfPrincipal(**principal), "resident", id);
}

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

absl::Status Registry::CheckAnswers(const Caller& caller, const v1::Assignment& assignment, v1::Purpose purpose,
                                    const google::protobuf::Timestamp& from,
                                    const google::protobuf::Timestamp& until) const {
  const google::protobuf::Timestamp& first = Before(from, assignment.start_at()) ? assignment.start_at() : from;
  const v1::Responsibility* answers = ResponsibleAt(assignment, purpose, first);
  if (answers == nullptr) return NotThere("assignment", assignment.id());
  absl::Status status =
      rights_.Check(caller, Action::kAssign, OfPrincipal(answers->principal()), "assignment", assignment.id());
  for (const v1::Responsibility& point : assignment.responsibilities()) {
    if (!status.ok()) break;
    if (point.purpose() != purpose || !Before(first, point.since()) || Before(until, point.since())) continue;
    status = rights_.Check(caller, Action::kAssign, OfPrincipal(point.principal()), "assignment", assignment.id());
  }
  return status;
}

absl::Status Registry::CheckEnd(const Caller& caller, const v1::Assignment& assignment,
                                const google::protobuf::Timestamp& end_at,
                                const google::protobuf::Timestamp& now) const {
  return CheckAnswers(caller, assignment, v1::PURPOSE_CARE, Before(end_at, now) ? end_at : now, now);
}

absl::Status Registry::CheckDevice(const Caller& caller, const v1::AssignDeviceRequest& request,
                                   const v1::Device& device, const std::vector<v1::Assignment>& running,
                                   const google::protobuf::Timestamp& now) const {
  for (const v1::Assignment& assignment : running) {
    const absl::Status status = CheckEnd(caller, assignment, request.has_start_at() ? request.start_at() : now, now);
    if (!status.ok()) return absl::IsNotFound(status) ? NotThere("device", device.id()) : status;
  }
  if (!running.empty() || IsRegionOf(device.owner(), caller.principal)) return absl::OkStatus();
  const Object object = OfOwner(device.owner());
  return rights_.Check(caller, Action::kAssign, object, "device", device.id());
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

absl::StatusOr<v1::PutUnitResponse> Registry::PutUnit(const Caller& caller, const v1::PutUnitRequest& request) {
  const v1::Unit& unit = request.unit();
  if (absl::Status status = rights_.Check(caller, Action::kWriteUnit, OfPrincipal(unit.principal()), "unit", unit.id());
      !status.ok()) {
    return status;
  }
  if (absl::Status status = Validate(unit, deps_.catalogue); !status.ok()) return status;
  if (absl::Status status = deps_.store.PutUnit(ActorOf(caller), unit); !status.ok()) return status;
  v1::PutUnitResponse response;
  *response.mutable_unit() = unit;
  return response;
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
    devices.back().clear_lead();
    *response.add_devices() = devices.back();
  }
  if (devices.empty()) return response;
  if (absl::Status status = CheckFallbacks(caller, devices); !status.ok()) return status;
  if (absl::Status status = deps_.store.RegisterDevices(ActorOf(caller), devices); !status.ok()) return status;
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
  if (absl::Status status = ValidateOpaqueId("resident", id); !status.ok()) return status;
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

absl::StatusOr<v1::AssignDeviceResponse> Registry::AssignDevice(const Caller& caller,
                                                                const v1::AssignDeviceRequest& request) {
  if (absl::Status status = Validate(request); !status.ok()) return status;
  absl::StatusOr<v1::Unit> care = UnitToAnswer(caller, request.care_unit());
  if (!care.ok()) return care.status();
  absl::StatusOr<v1::Unit> alarm =
      request.alarm_unit() == request.care_unit() ? care : UnitToAnswer(caller, request.alarm_unit());
  if (!alarm.ok()) return alarm.status();
  if (absl::Status status = CheckResident(caller, request.resident()); !status.ok()) return status;
  NewAssignment plan{.request = request, .care = *std::move(care), .alarm = *std::move(alarm), .guard = {}};
  plan.guard = [&](const v1::Device& device, const std::vector<v1::Assignment>& running,
                   const google::protobuf::Timestamp& now) {
    return CheckDevice(caller, request, device, running, now);
  };
  if (request.assignment().empty()) plan.request.set_assignment(deps_.new_id());
  absl::StatusOr<v1::Assignment> assignment = deps_.store.Assign(ActorOf(caller), plan);
  if (!assignment.ok()) return assignment.status();
  v1::AssignDeviceResponse response;
  *response.mutable_assignment() = *std::move(assignment);
  return response;
}

absl::StatusOr<v1::EndAssignmentResponse> Registry::EndAssignment(const Caller& caller,
                                                                  const v1::EndAssignmentRequest& request) {
  if (absl::Status status = ValidateOpaqueId("assignment", request.assignment()); !status.ok()) return status;
  if (request.has_end_at()) {
    if (absl::Status status = ValidateTime("end_at", request.end_at()); !status.ok()) return status;
  }
  const auto guard = [&](const v1::Assignment& running, const google::protobuf::Timestamp& now) {
    return CheckEnd(caller, running, request.has_end_at() ? request.end_at() : now, now);
  };
  absl::StatusOr<v1::Assignment> assignment = deps_.store.End(ActorOf(caller), request, guard);
  if (!assignment.ok()) return assignment.status();
  v1::EndAssignmentResponse response;
  *response.mutable_assignment() = *std::move(assignment);
  return response;
}

absl::StatusOr<v1::TransferResponsibilityResponse> Registry::TransferResponsibility(
    const Caller& caller, const v1::TransferResponsibilityRequest& request) {
  if (absl::Status status = Validate(request); !status.ok()) return status;
  const absl::StatusOr<v1::Unit> unit = UnitToAnswer(caller, request.unit());
  if (!unit.ok()) return unit.status();
  // Later change points stay, so only who answers at that instant is superseded.
  const auto guard = [&](const v1::Assignment& running, const google::protobuf::Timestamp& now) {
    const google::protobuf::Timestamp& since = request.has_since() ? request.since() : now;
    return CheckAnswers(caller, running, request.purpose(), since, since);
  };
  absl::StatusOr<v1::Assignment> assignment = deps_.store.Transfer(ActorOf(caller), request, *unit, guard);
  if (!assignment.ok()) return assignment.status();
  v1::TransferResponsibilityResponse response;
  *response.mutable_assignment() = *std::move(assignment);
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
