#include <map>
#include <utility>

#include "device_registry/chains/changes.h"
#include "device_registry/postgres_rows.h"
#include "device_registry/postgres_store.h"
#include "device_registry/privacy/changes.h"

namespace nara::registry {
namespace {

constexpr char kRevision[] = "select value from revision";

constexpr char kDevices[] = R"sql(
select id, product, owner, fallback_unit, controller, lead, state, revision from devices where revision > $1::bigint)sql";

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
select c.*, d.id as device
from corrections c join devices d on d.number = c.device_number
where d.revision > $1::bigint order by c.revision, c.ordinal)sql";

absl::StatusOr<std::uint64_t> RevisionOf(const absl::StatusOr<Result>& result) {
  if (!result.ok()) return result.status();
  return static_cast<std::uint64_t>((*result)[0].Int64("value"));
}

std::vector<v1::Route> RoutesOf(const Result& devices, std::vector<v1::Assignment> assignments,
                                const Result& corrections) {
  std::vector<v1::Route> routes;
  std::map<std::string, std::size_t> index;
  for (const Row row : devices) {
    routes.push_back(RouteOf(row));
    index[routes.back().device()] = routes.size() - 1;
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

absl::Status ReadState(Transaction& transaction, std::uint64_t after, Changes& changes) {
  const absl::StatusOr<std::uint64_t> revision = RevisionOf(transaction.Execute(kRevision));
  if (!revision.ok()) return revision.status();
  changes = {};
  changes.revision = *revision;
  for (const auto read : {ReadRoutes, ReadChains, ReadPlans, ReadClients, ReadPrivacy}) {
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
