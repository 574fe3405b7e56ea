// Reads of chains, receivers and routes.
#include <algorithm>
#include <utility>

#include "device_registry/chains/postgres_store.h"
#include "device_registry/chains/reading.h"
#include "device_registry/chains/rows.h"
#include "device_registry/postgres_rows.h"

namespace nara::registry {
namespace {

constexpr char kFindChain[] = R"sql(
select unit, version, revision, holidays from chains
where unit = $1 and ($2::int = 0 or version = $2) order by version desc limit 1)sql";

constexpr char kFindChainAt[] = R"sql(
select unit, version, revision, holidays from chains
where unit = $1 and stored_at <= $2::timestamptz order by version desc limit 1)sql";

constexpr char kAnswering[] = "select distinct unit from answering where purpose = 2 and unit = any($1::text[])";

constexpr char kFindReceivers[] = R"sql(
select c.id, c.principal, r.content, r.revision from clients c left join receivers r using (id)
where c.id = any($1::text[]) and not c.revoked)sql";

constexpr char kListReceivers[] = R"sql(
select r.id, c.principal, r.content, r.revision from receivers r join clients c using (id)
where r.id > $1 and ($2::text = '' or c.principal = $2) and ($3::bool or c.principal = $4)
order by r.id limit $5::bigint)sql";

// Reads what the row of a chain belongs to.
absl::StatusOr<std::optional<v1::Chain>> OneOf(Ask ask, const absl::StatusOr<Result>& found) {
  if (!found.ok()) return found.status();
  if (found->empty()) return std::nullopt;
  absl::StatusOr<std::vector<v1::Chain>> chains = ReadSteps(ask, *found);
  if (!chains.ok()) return chains.status();
  return std::move(chains->front());
}

}  // namespace

absl::StatusOr<std::optional<v1::Chain>> PostgresChainStore::FindChain(const std::string& unit, std::uint32_t version) {
  const auto ask = [this](std::string_view sql, Params params) { return database_.Query(sql, params); };
  return OneOf(ask, ask(kFindChain, {unit, std::min(version, 1'000'000'000u)}));
}

absl::StatusOr<std::optional<v1::Chain>> PostgresChainStore::FindChainAt(const std::string& unit, absl::Time at) {
  const auto ask = [this](std::string_view sql, Params params) { return database_.Query(sql, params); };
  return OneOf(ask, ask(kFindChainAt, {unit, absl::ToChronoTime(at)}));
}

absl::StatusOr<std::map<std::string, v1::Chain>> PostgresChainStore::NewestChains(
    const std::vector<std::string>& units) {
  const auto ask = [this](std::string_view sql, Params params) { return database_.Query(sql, params); };
  absl::StatusOr<std::vector<v1::Chain>> chains = ReadNewestChains(ask, units);
  if (!chains.ok()) return chains.status();
  std::map<std::string, v1::Chain> by_unit;
  for (v1::Chain& chain : *chains) by_unit.emplace(chain.unit(), std::move(chain));
  return by_unit;
}

absl::StatusOr<std::set<std::string>> PostgresChainStore::AnsweringForAlarms(const std::vector<std::string>& units) {
  const absl::StatusOr<Result> result = database_.Query(kAnswering, {units});
  if (!result.ok()) return result.status();
  std::set<std::string> answering;
  for (const Row row : *result) answering.insert(row.String("unit"));
  return answering;
}

absl::StatusOr<KnownReceivers> PostgresChainStore::FindReceivers(const std::vector<std::string>& ids) {
  const absl::StatusOr<Result> result = database_.Query(kFindReceivers, {ids});
  if (!result.ok()) return result.status();
  KnownReceivers receivers;
  for (const Row row : *result) receivers.emplace(row.String("id"), ReceiverOf(row));
  return receivers;
}

absl::StatusOr<std::vector<v1::Receiver>> PostgresChainStore::ListReceivers(const ReceiverQuery& query) {
  const absl::StatusOr<Result> result = database_.Query(
      kListReceivers, {query.after, query.principal, query.visible.all, query.visible.principal, query.limit});
  if (!result.ok()) return result.status();
  std::vector<v1::Receiver> receivers;
  for (const Row row : *result) receivers.push_back(ReceiverOf(row));
  return receivers;
}

absl::StatusOr<std::optional<v1::Route>> PostgresChainStore::FindRoute(const std::string& device) {
  return ReadRoute([this](std::string_view sql, Params params) { return database_.Query(sql, params); }, device);
}

}  // namespace nara::registry
