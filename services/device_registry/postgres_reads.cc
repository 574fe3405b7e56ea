#include <algorithm>
#include <iterator>
#include <utility>

#include "device_registry/postgres_rows.h"
#include "device_registry/postgres_store.h"
#include "device_registry/reach.h"

namespace nara::registry {
namespace {

constexpr char kPutPrincipals[] = R"sql(
insert into principals (id, name, federation, population, tile_col, tile_row)
select * from unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::int[], $6::int[])
on conflict (id) do update set name = excluded.name, federation = excluded.federation,
  population = excluded.population, tile_col = excluded.tile_col, tile_row = excluded.tile_row)sql";

constexpr char kCountDevices[] = R"sql(
select n.principal, d.product, count(*) as count
from answering n join devices d on d.id = n.device where n.purpose = 1 group by 1, 2)sql";

constexpr char kFindUnits[] = "select * from units where id = any($1::text[])";

constexpr char kListAll[] = R"sql(
select * from devices where id > $1 and ($2::text = '' or product = $2) order by id limit $3::bigint)sql";

// `offset 0` keeps the planner from asking who answers for all devices at once.
constexpr char kListOf[] = R"sql(
select d.* from devices d
where d.id = any($1::text[]) and ($2::text = '' or d.product = $2)
  and ($3::text = '' or d.owner = $3
       or exists (select from answering n where n.device = d.id and n.principal = $3 offset 0))
  and ($4::bool or d.owner = $5
       or exists (select from answering n
                  where n.device = d.id and (n.principal = $5 or n.unit = any($6::text[])) offset 0))
order by d.id limit $7::bigint)sql";

constexpr char kFindDevices[] = "select * from devices where id = any($1::text[])";

constexpr char kRunning[] = R"sql(
select id, device, resident, unit, start_at, upper(period) as end_at, regime, ground, test_epoch, test_seq, test_at
from assignments where device = any($1::text[]) and period @> now())sql";

constexpr char kPointsOf[] = R"sql(
select assignment, purpose, since, principal, provider, unit
from responsibilities where assignment = any($1::text[]) order by assignment, purpose, since)sql";

constexpr char kFindResident[] = "select principal from residents where id = $1";

// Who has answered for CARE, and whether that one does now.
constexpr char kCareOf[] = R"sql(
select r.principal, r.provider, r.unit, bool_or(a.period @> now() and r.since = (
    select max(n.since) from responsibilities n where n.assignment = a.id and n.purpose = 1 and n.since <= now())) as now
from assignments a join responsibilities r on r.assignment = a.id and r.purpose = 1
where a.resident = $1 and lower(a.period) <= now() and r.since <= now()
group by r.principal, r.provider, r.unit order by r.unit)sql";

}  // namespace

absl::Status PostgresStore::Prepare(const Catalogue& catalogue) {
  std::vector<std::string> ids, names, federations;
  std::vector<std::int64_t> populations;
  std::vector<int> cols, rows;
  for (const auto& [id, principal] : catalogue.principals()) {
    ids.push_back(id);
    names.push_back(principal.name);
    federations.push_back(principal.federation);
    populations.push_back(principal.population);
    cols.push_back(principal.tile_col);
    rows.push_back(principal.tile_row);
  }
  return database_.Query(kPutPrincipals, {ids, names, federations, populations, cols, rows}).status();
}

absl::StatusOr<std::vector<DeviceTally>> PostgresStore::CountDevices() {
  const absl::StatusOr<Result> result = database_.Query(kCountDevices, {});
  if (!result.ok()) return result.status();
  std::vector<DeviceTally> tallies;
  for (const Row row : *result) tallies.push_back({row.String("principal"), row.String("product"), row.Int64("count")});
  return tallies;
}

absl::StatusOr<std::map<std::string, v1::Unit>> PostgresStore::FindUnits(const std::vector<std::string>& ids) {
  const absl::StatusOr<Result> result = database_.Query(kFindUnits, {ids});
  if (!result.ok()) return result.status();
  std::map<std::string, v1::Unit> units;
  for (const Row row : *result) units.emplace(row.String("id"), UnitOf(row));
  return units;
}

absl::Status PostgresStore::AddRunning(std::vector<v1::Device>& devices) {
  std::vector<std::string> ids;
  for (const v1::Device& device : devices) ids.push_back(device.id());
  const absl::StatusOr<Result> running = database_.Query(kRunning, {ids});
  if (!running.ok()) return running.status();
  std::vector<std::string> assignments;
  for (const Row row : *running) assignments.push_back(row.String("id"));
  const absl::StatusOr<Result> points = database_.Query(kPointsOf, {assignments});
  if (!points.ok()) return points.status();
  std::map<std::string, v1::Assignment> by_device;
  for (v1::Assignment& assignment : AssignmentsOf(*running, *points)) {
    by_device.emplace(assignment.device(), std::move(assignment));
  }
  for (v1::Device& device : devices) {
    const auto found = by_device.find(device.id());
    if (found != by_device.end()) *device.mutable_assignment() = std::move(found->second);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<v1::Device>> PostgresStore::ListDevices(const DeviceQuery& query) {
  std::vector<v1::Device> devices;
  const auto add = [&](const absl::StatusOr<Result>& rows) -> absl::StatusOr<bool> {
    if (!rows.ok()) return rows.status();
    for (const Row row : *rows) devices.push_back(DeviceOf(row));
    return std::ssize(devices) >= query.limit;
  };
  const auto add_of = [&](const std::vector<std::string>& ids) {
    const Visible& visible = query.visible;
    return add(database_.Query(kListOf, {ids, query.product, query.principal, visible.all, visible.principal,
                                         visible.units, query.limit - std::ssize(devices)}));
  };
  absl::Status found;
  if (!query.principal.empty()) {
    found = WalkDevices(database_, {.principal = query.principal, .units = {}, .after = query.after}, add_of);
  } else if (query.visible.all) {
    found = add(database_.Query(kListAll, {query.after, query.product, query.limit})).status();
  } else {
    const Visible& visible = query.visible;
    found =
        WalkDevices(database_, {.principal = visible.principal, .units = visible.units, .after = query.after}, add_of);
  }
  if (found.ok()) found = AddRunning(devices);
  if (!found.ok()) return found;
  return devices;
}

absl::StatusOr<std::map<std::string, v1::Device>> PostgresStore::FindDevices(const std::vector<std::string>& ids) {
  const absl::StatusOr<Result> result = database_.Query(kFindDevices, {ids});
  if (!result.ok()) return result.status();
  std::vector<v1::Device> devices;
  for (const Row row : *result) devices.push_back(DeviceOf(row));
  if (absl::Status status = AddRunning(devices); !status.ok()) return status;
  std::map<std::string, v1::Device> by_id;
  for (v1::Device& device : devices) by_id.emplace(device.id(), std::move(device));
  return by_id;
}

absl::StatusOr<std::optional<std::string>> PostgresStore::FindResident(const std::string& id) {
  const absl::StatusOr<Result> found = database_.Query(kFindResident, {id});
  if (!found.ok()) return found.status();
  if (found->empty()) return std::nullopt;
  return (*found)[0].String("principal");
}

absl::StatusOr<std::optional<Answerers>> PostgresStore::FindAnswerers(const std::string& resident) {
  const absl::StatusOr<std::optional<std::string>> principal = FindResident(resident);
  if (!principal.ok()) return principal.status();
  if (!principal->has_value()) return std::nullopt;
  const absl::StatusOr<Result> care = database_.Query(kCareOf, {resident});
  if (!care.ok()) return care.status();
  Answerers answerers{.principal = **principal, .care = {}, .care_before = {}};
  for (const Row row : *care) {
    v1::Responsibility& point = answerers.care_before.emplace_back();
    point.set_principal(row.String("principal"));
    point.set_provider(row.String("provider"));
    point.set_unit(row.String("unit"));
    if (row.Bool("now")) answerers.care.push_back(point);
  }
  return answerers;
}

}  // namespace nara::registry
