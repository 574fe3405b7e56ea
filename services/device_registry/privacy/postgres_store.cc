#include "device_registry/privacy/postgres_store.h"

#include "device_registry/postgres_rows.h"

namespace nara::registry {
namespace {

constexpr char kListClients[] = R"sql(
select * from clients where id > $1 and ($2::text = '' or id = $2) order by id limit $3::int)sql";

}  // namespace

absl::StatusOr<std::vector<v1::Client>> PostgresPrivacyStore::ListClients(const ClientQuery& query) {
  const absl::StatusOr<Result> found = database_.Query(kListClients, {query.after, query.client, query.limit});
  if (!found.ok()) return found.status();
  std::vector<v1::Client> clients;
  for (const Row row : *found) clients.push_back(ClientOf(row));
  return clients;
}

}  // namespace nara::registry
