// Writes of units, devices, certificates, residents and clients.
#include <utility>

#include "common/rpc/error.h"
#include "device_registry/postgres_rows.h"
#include "device_registry/postgres_store.h"

namespace nara::registry {
namespace {

constexpr char kUnitWithId[] = "select * from units where id = $1";
constexpr char kPutUnit[] = R"sql(
insert into units (id, principal, provider, name, regimes) values ($1, $2, $3, $4, $5::int[])
on conflict (id) do update set provider = excluded.provider, name = excluded.name, regimes = excluded.regimes)sql";

constexpr char kAddDevices[] = R"sql(
insert into devices (id, product, owner, fallback_unit, serial, revision)
select t.*, $6::bigint from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[]) as t
on conflict (id) do nothing returning id)sql";
constexpr char kDevicesWithIds[] = "select * from devices where id = any($1::text[])";

constexpr char kAddCertificates[] = R"sql(
insert into certificates (device, serial, not_after, revision)
select t.*, $4::bigint from unnest($1::text[], $2::text[], $3::timestamptz[]) as t)sql";

constexpr char kAddResident[] = R"sql(
insert into residents (id, principal) values ($1, $2) on conflict (id) do nothing returning id)sql";
constexpr char kPrincipalOfResident[] = "select principal from residents where id = $1";

constexpr char kClientWithId[] = "select * from clients where id = $1";
constexpr char kPutClient[] = R"sql(
insert into clients (id, role, principal, units, token_sha256, revoked, revision)
values ($1, $2, nullif($3, ''), $4::text[], nullif($5, ''), $6::bool, $7::bigint)
on conflict (id) do update set role = excluded.role, principal = excluded.principal, units = excluded.units,
  token_sha256 = excluded.token_sha256, revoked = excluded.revoked, revision = excluded.revision)sql";

bool Same(const google::protobuf::Message& a, const google::protobuf::Message& b) {
  return a.SerializeAsString() == b.SerializeAsString();
}

std::vector<std::string> Ids(const std::vector<v1::Device>& devices) {
  std::vector<std::string> ids;
  for (const v1::Device& device : devices) ids.push_back(device.id());
  return ids;
}

// The devices that are there already must be the very same.
absl::Status CheckSame(const Result& stored, const std::vector<v1::Device>& devices) {
  std::map<std::string, v1::Device> by_id;
  for (const Row row : stored) {
    v1::Device& device = by_id[row.String("id")];
    device = DeviceOf(row);
    device.clear_lead();  // registering does not say it
  }
  for (const v1::Device& device : devices) {
    if (Same(by_id[device.id()], device)) continue;
    return rpc::Error(absl::StatusCode::kAlreadyExists, "DEVICE_DIFFERS",
                      "the device is registered with other content; choose another id", {{"device", device.id()}});
  }
  return absl::OkStatus();
}

absl::Status UnitIsElsewhere(const std::string& unit) {
  return rpc::Error(absl::StatusCode::kFailedPrecondition, "UNIT_OF_OTHER_PRINCIPAL",
                    "a unit stays with its principal; create another", {{"unit", unit}});
}

// What a violated constraint means for the caller.
absl::Status Explain(const absl::Status& status, const std::string& client) {
  if (ConstraintOf(status) != "clients_one_token") return status;
  return rpc::Error(absl::StatusCode::kAlreadyExists, "TOKEN_IN_USE", "another client has this token; make a new one",
                    {{"client", client}});
}

}  // namespace

absl::Status PostgresStore::PutUnit(const Actor& actor, const v1::Unit& unit) {
  return database_.Run(actor, [&](Write& write) -> absl::Status {
    const absl::StatusOr<Result> before = write.Execute(kUnitWithId, {unit.id()});
    if (!before.ok()) return before.status();
    if (!before->empty() && (*before)[0].Text("principal") != unit.principal()) return UnitIsElsewhere(unit.id());
    if (!before->empty() && Same(UnitOf((*before)[0]), unit)) return absl::OkStatus();
    const std::vector<int> regimes(unit.regimes().begin(), unit.regimes().end());
    const absl::Status put =
        write.Execute(kPutUnit, {unit.id(), unit.principal(), unit.provider(), unit.name(), regimes}).status();
    return put.ok() ? write.Audit("put", "unit", unit.id(), unit) : put;
  });
}

absl::Status PostgresStore::RegisterDevices(const Actor& actor, const std::vector<v1::Device>& devices) {
  std::vector<std::string> products, owners, units, serials;
  for (const v1::Device& device : devices) {
    products.push_back(device.product());
    owners.push_back(device.owner());
    units.push_back(device.fallback_unit());
    serials.push_back(device.serial());
  }
  const std::vector<std::string> ids = Ids(devices);
  return database_.Run(actor, [&](Write& write) -> absl::Status {
    const absl::StatusOr<Result> added =
        write.Execute(kAddDevices, {ids, products, owners, units, serials, write.revision()});
    if (!added.ok()) return added.status();
    const absl::StatusOr<Result> stored = write.Execute(kDevicesWithIds, {ids});
    if (!stored.ok()) return stored.status();
    if (absl::Status same = CheckSame(*stored, devices); !same.ok()) return same;
    if (added->empty()) return absl::OkStatus();
    std::vector<std::string> new_ids;
    for (const Row row : *added) new_ids.push_back(row.String("id"));
    return write.Audit("register", "device", new_ids, std::vector<std::string>(new_ids.size(), "{}"));
  });
}

absl::Status PostgresStore::RecordCertificates(const Actor& actor, const std::vector<IssuedCertificate>& issued) {
  std::vector<std::string> devices, serials, details;
  std::vector<TimePoint> ends;
  for (const IssuedCertificate& certificate : issued) {
    devices.push_back(certificate.device);
    serials.push_back(certificate.serial);
    ends.push_back(absl::ToChronoTime(certificate.not_after));
    details.push_back("{\"serial\":\"" + certificate.serial + "\"}");
  }
  return database_.Run(actor, [&](Write& write) -> absl::Status {
    const absl::Status added = write.Execute(kAddCertificates, {devices, serials, ends, write.revision()}).status();
    return added.ok() ? write.Audit("provision", "device", devices, details) : added;
  });
}

absl::Status PostgresStore::CreateResident(const Actor& actor, const std::string& id, const std::string& principal) {
  return database_.Run(actor, [&](Write& write) -> absl::Status {
    const absl::StatusOr<Result> added = write.Execute(kAddResident, {id, principal});
    if (!added.ok()) return added.status();
    if (!added->empty()) return write.Audit("create", "resident", {id}, {"{\"principal\":\"" + principal + "\"}"});
    const absl::StatusOr<Result> known = write.Execute(kPrincipalOfResident, {id});
    if (!known.ok()) return known.status();
    if (!known->empty() && (*known)[0].Text("principal") == principal) return absl::OkStatus();
    return rpc::Error(absl::StatusCode::kAlreadyExists, "RESIDENT_ID_TAKEN",
                      "this id is taken; leave it out to be given one", {{"resident", id}});
  });
}

absl::StatusOr<v1::Client> PostgresStore::PutClient(const Actor& actor, const v1::Client& client) {
  v1::Client stored = client;
  const absl::Status status = database_.Run(actor, [&](Write& write) -> absl::Status {
    const absl::StatusOr<Result> before = write.Execute(kClientWithId, {client.id()});
    if (!before.ok()) return before.status();
    if (!before->empty()) {
      const v1::Client known = ClientOf((*before)[0]);
      stored.set_revision(known.revision());
      if (Same(known, stored)) return absl::OkStatus();
    }
    stored.set_revision(static_cast<std::uint64_t>(write.revision()));
    const std::vector<std::string> units(client.units().begin(), client.units().end());
    const absl::Status put = write
                                 .Execute(kPutClient, {client.id(), client.role(), client.principal(), units,
                                                       client.token_sha256(), client.revoked(), write.revision()})
                                 .status();
    v1::Client detail = stored;
    detail.clear_token_sha256();
    return put.ok() ? write.Audit("put", "client", client.id(), detail) : put;
  });
  if (!status.ok()) return Explain(status, client.id());
  return stored;
}

}  // namespace nara::registry
