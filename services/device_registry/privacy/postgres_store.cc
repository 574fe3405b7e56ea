#include "device_registry/privacy/postgres_store.h"

#include "device_registry/postgres_rows.h"

namespace nara::registry {
namespace {

constexpr char kListClients[] = R"sql(
select * from clients where id > $1 and ($2::text = '' or id = $2) order by id limit $3::int)sql";

constexpr char kUnitsOf[] = "select id, principal from units where provider = $1 or id = $2 order by id";

}  // namespace

absl::StatusOr<std::vector<v1::Client>> PostgresPrivacyStore::ListClients(const ClientQuery& query) {
  const absl::StatusOr<Result> found = database_.Query(kListClients, {query.after, query.client, query.limit});
  if (!found.ok()) return found.status();
  std::vector<v1::Client> clients;
  for (const Row row : *found) clients.push_back(ClientOf(row));
  return clients;
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
