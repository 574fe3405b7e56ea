#include <cstdint>
#include <limits>
#include <map>
#include <utility>

#include "device_registry/chains/changes.h"
#include "device_registry/postgres_rows.h"
#include "device_registry/postgres_store.h"
#include "device_registry/privacy/changes.h"

namespace nara::registry {
namespace {

constexpr char kRevision[] = "select value from revision";

// Piece by piece, in the order of revisions: the first read of many devices with long
// histories neither runs into the limit of a statement nor is held twice.
constexpr std::size_t kPiece = 2000;

constexpr char kDevices[] = R"sql(
select id, number, product, owner, fallback_unit, controller, lead, state, revision from devices
where (revision, number) > ($1::bigint, $2::bigint) order by revision, number limit $3::int)sql";

constexpr char kAssignments[] = R"sql(
select id, device, resident, unit, start_at, upper(period) as end_at, regime, ground, test_epoch, test_seq, test_at
from assignments where device_number = any($1::bigint[]) order by device_number, start_at)sql";

constexpr char kPoints[] = R"sql(
select r.assignment, r.purpose, r.since, r.principal, r.provider, r.unit
from responsibilities r join assignments a on a.id = r.assignment
where a.device_number = any($1::bigint[]) order by r.assignment, r.purpose, r.since)sql";

constexpr char kAbsences[] = R"sql(
select b.assignment, b.id, b.kind, lower(b.period) as start_at, upper(b.period) as end_at
from absences b join assignments a on a.id = b.assignment
where a.device_number = any($1::bigint[]) order by b.assignment, lower(b.period), b.id)sql";

constexpr char kCorrections[] = R"sql(
select c.*, d.id as device, f.principal as from_principal, coalesce(t.principal, '') as to_principal
from corrections c join devices d on d.number = c.device_number
  join units f on f.id = c.from_unit left join units t on t.id = c.to_unit
where c.device_number = any($1::bigint[]) order by c.revision, c.ordinal)sql";

absl::StatusOr<std::uint64_t> RevisionOf(const absl::StatusOr<Result>& result) {
  if (!result.ok()) return result.status();
  return static_cast<std::uint64_t>((*result)[0].Int64("value"));
}

void AddRoutes(const Result& devices, std::vector<v1::Assignment> assignments, const Result& corrections,
               std::vector<v1::Route>& routes) {
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
}

absl::Status AddPiece(Transaction& transaction, const Result& devices, Changes& changes) {
  std::vector<std::int64_t> numbers;
  for (const Row row : devices) numbers.push_back(row.Int64("number"));
  const absl::StatusOr<Result> assignments = transaction.Execute(kAssignments, {numbers});
  if (!assignments.ok()) return assignments.status();
  const absl::StatusOr<Result> points = transaction.Execute(kPoints, {numbers});
  if (!points.ok()) return points.status();
  const absl::StatusOr<Result> absences = transaction.Execute(kAbsences, {numbers});
  if (!absences.ok()) return absences.status();
  const absl::StatusOr<Result> corrections = transaction.Execute(kCorrections, {numbers});
  if (!corrections.ok()) return corrections.status();
  std::vector<v1::Assignment> forms = AssignmentsOf(*assignments, *points);
  AddAbsences(*absences, forms);
  AddRoutes(devices, std::move(forms), *corrections, changes.routes);
  return absl::OkStatus();
}

absl::Status ReadRoutes(Transaction& transaction, std::uint64_t after, Changes& changes) {
  auto revision = static_cast<std::int64_t>(after);
  std::int64_t number = std::numeric_limits<std::int64_t>::max();
  for (;;) {
    const absl::StatusOr<Result> devices = transaction.Execute(kDevices, {revision, number, kPiece});
    if (!devices.ok()) return devices.status();
    if (devices->empty()) return absl::OkStatus();
    if (absl::Status added = AddPiece(transaction, *devices, changes); !added.ok()) return added;
    if (devices->size() < kPiece) return absl::OkStatus();
    const Row last = (*devices)[devices->size() - 1];
    revision = last.Int64("revision");
    number = last.Int64("number");
  }
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
