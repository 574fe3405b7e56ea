// Writes of devices, certificates, residents, chains and clients.
#include "device_registry/postgres_devices.h"

#include <set>
#include <utility>

#include "common/rpc/error.h"
#include "common/time/proto_time.h"
#include "device_registry/assortment/postgres_chosen.h"
#include "device_registry/identity/postgres_store.h"
#include "device_registry/life_cycle/postgres_moves.h"
#include "device_registry/postgres_rows.h"
#include "device_registry/postgres_store.h"

namespace nara::registry {
namespace {

constexpr char kAddDevices[] = R"sql(
insert into devices (id, product, owner, fallback_unit, serial, owner_kind, revision)
select t.*, $7::bigint from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::int[]) as t
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
insert into clients (id, role, principal, units, token_sha256, revoked, revision, scopes)
values ($1, $2, nullif($3, ''), $4::text[], nullif($5, ''), $6::bool, $7::bigint, $8::text[])
on conflict (id) do update set role = excluded.role, principal = excluded.principal, units = excluded.units,
  token_sha256 = excluded.token_sha256, revoked = excluded.revoked, revision = excluded.revision,
  scopes = excluded.scopes)sql";

bool Same(const google::protobuf::Message& a, const google::protobuf::Message& b) {
  return a.SerializeAsString() == b.SerializeAsString();
}

std::vector<std::string> Ids(const std::vector<v1::Device>& devices) {
  std::vector<std::string> ids;
  ids.reserve(devices.size());
  for (const v1::Device& device : devices) ids.push_back(device.id());
  return ids;
}

// The devices as they are stored, in the order of the request. Those that were there
// already must be the very same, wherever they are by now.
absl::StatusOr<std::vector<v1::Device>> CheckSame(const Result& stored, const std::vector<v1::Device>& devices) {
  std::map<std::string, v1::Device> by_id;
  for (const Row row : stored) by_id.emplace(row.String("id"), DeviceOf(row));
  std::vector<v1::Device> all;
  for (const v1::Device& device : devices) {
    v1::Device known = all.emplace_back(by_id[device.id()]);
    known.clear_state();
    known.clear_lead();
    known.clear_controller();
    known.clear_revision();
    if (Same(known, device)) continue;
    return rpc::Error(absl::StatusCode::kAlreadyExists, "DEVICE_DIFFERS",
                      "the device is registered with other content; choose another id", {{"device", device.id()}});
  }
  return all;
}

absl::StatusOr<std::vector<std::string>> InsertDevices(Write& write, const std::vector<v1::Device>& devices) {
  std::vector<std::string> products, owners, units, serials;
  std::vector<int> kinds;
  for (const v1::Device& device : devices) {
    products.push_back(device.product());
    owners.push_back(device.owner());
    units.push_back(device.fallback_unit());
    serials.push_back(device.serial());
    kinds.push_back(device.owner_kind());
  }
  const absl::StatusOr<Result> added =
      write.Execute(kAddDevices, {Ids(devices), products, owners, units, serials, kinds, write.revision()});
  if (!added.ok()) return added.status();
  std::vector<std::string> new_ids;
  for (const Row row : *added) new_ids.push_back(row.String("id"));
  return new_ids;
}

// The first move of each: it is in stock.
absl::Status AddToStock(Write& write, const std::vector<std::string>& ids) {
  const absl::StatusOr<google::protobuf::Timestamp> now = write.Now();
  if (!now.ok()) return now.status();
  std::vector<NewMove> moves;
  moves.reserve(ids.size());
  for (const std::string& id : ids) {
    moves.push_back({.device = id,
                     .ordinal = 1,
                     .wish = std::nullopt,
                     .event = v1::DEVICE_EVENT_REGISTER,
                     .from = v1::DEVICE_STATE_UNSPECIFIED,
                     .to = v1::DEVICE_STATE_IN_STOCK,
                     .reason = "registered",
                     .at = ToChrono(*now),
                     .details = {},
                     .lead_days = std::nullopt});
  }
  return InsertMoves(write, moves);
}

absl::Status CheckNewOnes(Write& write, const std::vector<v1::Device>& devices, const std::vector<std::string>& ids) {
  const std::set<std::string> fresh(ids.begin(), ids.end());
  std::vector<WantedProduct> wanted;
  for (const v1::Device& device : devices) {
    if (fresh.contains(device.id())) wanted.push_back({device.owner(), device.product()});
  }
  return CheckChosen(write, wanted, std::nullopt);
}

// A new token for whoever may not call would look as if it let the client in again.
absl::Status CheckToken(const v1::Client& known, const v1::Client& wished) {
  const bool another = !wished.token_sha256().empty() && wished.token_sha256() != known.token_sha256();
  if (!known.revoked() || !wished.revoked() || !another) return absl::OkStatus();
  return rpc::Error(absl::StatusCode::kFailedPrecondition, "CLIENT_REVOKED",
                    "the client is revoked, and a token would not let it in; put it without `revoked` first",
                    {{"client", wished.id()}});
}

// What a violated constraint means for the caller.
absl::Status Explain(const absl::Status& status, const std::string& client) {
  if (ConstraintOf(status) != "clients_one_token") return status;
  return rpc::Error(absl::StatusCode::kAlreadyExists, "TOKEN_IN_USE", "another client has this token; make a new one",
                    {{"client", client}});
}

}  // namespace

absl::StatusOr<std::vector<v1::Device>> AddDevices(Write& write, const std::vector<v1::Device>& devices) {
  const absl::StatusOr<std::vector<std::string>> new_ids = InsertDevices(write, devices);
  if (!new_ids.ok()) return new_ids.status();
  const absl::StatusOr<Result> stored = write.Execute(kDevicesWithIds, {Ids(devices)});
  if (!stored.ok()) return stored.status();
  absl::StatusOr<std::vector<v1::Device>> all = CheckSame(*stored, devices);
  if (!all.ok() || new_ids->empty()) return all;
  absl::Status status = CheckNewOnes(write, devices, *new_ids);
  if (status.ok()) status = AddToStock(write, *new_ids);
  const std::vector<std::string> details(new_ids->size(), "{}");
  if (status.ok()) status = write.Audit("register", "device", *new_ids, details);
  if (!status.ok()) return status;
  return all;
}

absl::StatusOr<std::vector<v1::Device>> PostgresStore::RegisterDevices(const Actor& actor,
                                                                       const std::vector<v1::Device>& devices) {
  std::vector<v1::Device> stored;
  const absl::Status status = database_.Run(actor, [&](Write& write) -> absl::Status {
    absl::StatusOr<std::vector<v1::Device>> added = AddDevices(write, devices);
    if (!added.ok()) return added.status();
    stored = *std::move(added);
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  return stored;
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
    if (absl::Status may = CheckMayComeIn(write, devices); !may.ok()) return may;
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
      if (absl::Status token = CheckToken(known, stored); !token.ok()) return token;
    }
    stored.set_revision(static_cast<std::uint64_t>(write.revision()));
    const std::vector<std::string> units(client.units().begin(), client.units().end());
    const std::vector<std::string> scopes(client.scopes().begin(), client.scopes().end());
    const absl::Status put =
        write
            .Execute(kPutClient, {client.id(), client.role(), client.principal(), units, client.token_sha256(),
                                  client.revoked(), write.revision(), scopes})
            .status();
    v1::Client detail = stored;
    detail.clear_token_sha256();
    return put.ok() ? write.Audit("put", "client", client.id(), detail) : put;
  });
  if (!status.ok()) return Explain(status, client.id());
  return stored;
}

}  // namespace nara::registry
