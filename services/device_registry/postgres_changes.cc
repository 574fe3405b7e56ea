#include <map>
#include <utility>

#include "device_registry/postgres_rows.h"
#include "device_registry/postgres_store.h"

namespace nara::registry {
namespace {

constexpr char kRevision[] = "select value from revision";

constexpr char kDevices[] = R"sql(
select id, product, owner, fallback_unit, state, revision from devices where revision > $1::bigint)sql";

constexpr char kAssignments[] = R"sql(
select a.id, a.device, a.resident, a.unit, a.start_at, upper(a.period) as end_at, a.regime, a.ground,
  a.test_epoch, a.test_seq, a.test_at
from assignments a join devices d on d.number = a.device_number
where d.revision > $1::bigint order by a.device_number, a.start_at)sql";

constexpr char kPoints[] = R"sql(
select r.assignment, r.purpose, r.since, r.principal, r.provider, r.unit
from responsibilities r join assignments a on a.id = r.assignment join devices d on d.number = a.device_number
where d.revision > $1::bigint order by r.assignment, r.purpose, r.since)sql";

constexpr char kAbsences[] = R"sql(
select b.assignment, b.id, b.kind, lower(b.period) as start_at, upper(b.period) as end_at
from absences b join assignments a on a.id = b.assignment join devices d on d.number = a.device_number
where d.revision > $1::bigint order by b.assignment, lower(b.period), b.id)sql";

constexpr char kCorrections[] = R"sql(
select c.*, d.id as device, f.principal as from_principal, coalesce(t.principal, '') as to_principal
from corrections c join devices d on d.number = c.device_number
  join units f on f.id = c.from_unit left join units t on t.id = c.to_unit
where d.revision > $1::bigint order by c.revision, c.ordinal)sql";

constexpr char kChains[] = "select unit, version, revision from chains where revision > $1::bigint";

constexpr char kSteps[] = R"sql(
select s.unit, s.version, s.receiver, s.accept_seconds
from chain_steps s join chains c using (unit, version)
where c.revision > $1::bigint order by s.unit, s.version, s.step)sql";

constexpr char kClients[] = "select * from clients where revision > $1::bigint";

absl::StatusOr<std::uint64_t> RevisionOf(const absl::StatusOr<Result>& result) {
  if (!result.ok()) return result.status();
  return static_cast<std::uint64_t>((*result)[0].Int64("value"));
}

std::vector<v1::Route> RoutesOf(const Result& devices, std::vector<v1::Assignment> assignments,
                                const Result& corrections) {
  std::vector<v1::Route> routes;
  std::map<std::string, std::size_t> index;
  for (const Row row : devices) {
    v1::Route& route = routes.emplace_back();
    route.set_device(row.String("id"));
    route.set_product(row.String("product"));
    route.set_owner(row.String("owner"));
    route.set_fallback_unit(row.String("fallback_unit"));
    route.set_revision(static_cast<std::uint64_t>(row.Int64("revision")));
    route.set_state(static_cast<v1::DeviceState>(row.Int("state")));
    index[route.device()] = routes.size() - 1;
  }
  for (v1::Assignment& assignment : assignments) {
    const auto found = index.find(assignment.device());
    if (found != index.end()) *routes[found->second].add_assignments() = std::move(assignment);
  }
  for (const Row row : corrections) {
    const auto found = index.find(row.String("device"));
    if (found != index.end()) *routes[found->second].add_corrections() = CorrectionOf(row);
  }
  return routes;
}

absl::Status ReadRoutes(Transaction& transaction, std::uint64_t after, Changes& changes) {
  const absl::StatusOr<Result> devices = transaction.Execute(kDevices, {after});
  if (!devices.ok()) return devices.status();
  const absl::StatusOr<Result> assignments = transaction.Execute(kAssignments, {after});
  if (!assignments.ok()) return assignments.status();
  const absl::StatusOr<Result> points = transaction.Execute(kPoints, {after});
  if (!points.ok()) return points.status();
  const absl::StatusOr<Result> absences = transaction.Execute(kAbsences, {after});
  if (!absences.ok()) return absences.status();
  const absl::StatusOr<Result> corrections = transaction.Execute(kCorrections, {after});
  if (!corrections.ok()) return corrections.status();
  std::vector<v1::Assignment> forms = AssignmentsOf(*assignments, *points);
  AddAbsences(*absences, forms);
  changes.routes = RoutesOf(*devices, std::move(forms), *corrections);
  return absl::OkStatus();
}

absl::Status ReadChains(Transaction& transaction, std::uint64_t after, Changes& changes) {
  const absl::StatusOr<Result> chains = transaction.Execute(kChains, {after});
  if (!chains.ok()) return chains.status();
  const absl::StatusOr<Result> steps = transaction.Execute(kSteps, {after});
  if (!steps.ok()) return steps.status();
  changes.chains = ChainsOf(*chains, *steps);
  return absl::OkStatus();
}

absl::Status ReadClients(Transaction& transaction, std::uint64_t after, Changes& changes) {
  const absl::StatusOr<Result> clients = transaction.Execute(kClients, {after});
  if (!clients.ok()) return clients.status();
  for (const Row row : *clients) changes.clients.push_back(ClientOf(row));
  return absl::OkStatus();
}

absl::Status ReadState(Transaction& transaction, std::uint64_t after, Changes& changes) {
  const absl::StatusOr<std::uint64_t> revision = RevisionOf(transaction.Execute(kRevision));
  if (!revision.ok()) return revision.status();
  changes = {};
  changes.revision = *revision;
  for (const auto read : {ReadRoutes, ReadChains, ReadClients}) {
    if (absl::Status status = read(transaction, after, changes); !status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Changes> PostgresChanges::ReadAfter(std::uint64_t after) {
  if (connection_ == nullptr || connection_->broken()) {
    absl::StatusOr<std::unique_ptr<PostgresConnection>> fresh = PostgresConnection::Connect(options_);
    if (!fresh.ok()) return fresh.status();
    connection_ = *std::move(fresh);
  }
  Changes changes;
  const absl::StatusOr<std::uint64_t> revision = RevisionOf(connection_->Execute(kRevision));
  if (!revision.ok()) return revision.status();
  changes.revision = *revision;
  if (*revision == after && after != 0) return changes;
  const absl::Status read = RunTransaction(*connection_, Isolation::kRepeatableRead, [&](Transaction& transaction) {
    return ReadState(transaction, after, changes);
  });
  if (!read.ok()) return read;
  return changes;
}

}  // namespace nara::registry
