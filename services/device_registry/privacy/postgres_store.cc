#include "device_registry/privacy/postgres_store.h"

#include "device_registry/postgres_rows.h"

namespace nara::registry {
namespace {

constexpr char kListClients[] = R"sql(
select * from clients where id > $1 and ($2::text = '' or id = $2) order by id limit $3::int)sql";

constexpr char kResident[] = "select principal from residents where id = $1";

// Who has answered for CARE, and whether that one does now.
constexpr char kCareOf[] = R"sql(
select r.principal, r.provider, r.unit, bool_or(a.period @> now() and r.since = (
    select max(n.since) from responsibilities n where n.assignment = a.id and n.purpose = 1 and n.since <= now())) as now
from assignments a join responsibilities r on r.assignment = a.id and r.purpose = 1
where a.resident = $1 and lower(a.period) <= now() and r.since <= now()
group by r.principal, r.provider, r.unit order by r.unit)sql";

constexpr char kUnitsOf[] = "select id, principal from units where provider = $1 or id = $2 order by id";

}  // namespace

absl::StatusOr<std::vector<v1::Client>> PostgresPrivacyStore::ListClients(const ClientQuery& query) {
  const absl::StatusOr<Result> found = database_.Query(kListClients, {query.after, query.client, query.limit});
  if (!found.ok()) return found.status();
  std::vector<v1::Client> clients;
  for (const Row row : *found) clients.push_back(ClientOf(row));
  return clients;
}

absl::StatusOr<std::optional<Answerers>> PostgresPrivacyStore::FindAnswerers(const std::string& resident) {
  const absl::StatusOr<Result> found = database_.Query(kResident, {resident});
  if (!found.ok()) return found.status();
  if (found->empty()) return std::nullopt;
  const absl::StatusOr<Result> care = database_.Query(kCareOf, {resident});
  if (!care.ok()) return care.status();
  Answerers answerers{.principal = (*found)[0].String("principal"), .care = {}, .care_before = {}};
  for (const Row row : *care) {
    v1::Responsibility& point = answerers.care_before.emplace_back();
    point.set_principal(row.String("principal"));
    point.set_provider(row.String("provider"));
    point.set_unit(row.String("unit"));
    if (row.Bool("now")) answerers.care.push_back(point);
  }
  return answerers;
}

absl::StatusOr<std::vector<v1::Unit>> PostgresPrivacyStore::UnitsOf(const std::string& provider,
                                                                    const std::string& unit) {
  const absl::StatusOr<Result> found = database_.Query(kUnitsOf, {provider, unit});
  if (!found.ok()) return found.status();
  std::vector<v1::Unit> units;
  for (const Row row : *found) {
    v1::Unit& unit = units.emplace_back();
    unit.set_id(row.String("id"));
    unit.set_principal(row.String("principal"));
  }
  return units;
}

}  // namespace nara::registry
