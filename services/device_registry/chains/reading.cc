#include "device_registry/chains/reading.h"

#include <utility>

#include "device_registry/chains/rows.h"
#include "device_registry/postgres_rows.h"

namespace nara::registry {
namespace {

constexpr char kSteps[] = R"sql(
select s.* from chain_steps s join unnest($1::text[], $2::int[]) as c (unit, version) using (unit, version)
order by s.unit, s.version, s.step)sql";

constexpr char kTargets[] = R"sql(
select t.* from chain_targets t join unnest($1::text[], $2::int[]) as c (unit, version) using (unit, version)
order by t.unit, t.version, t.step, t.target)sql";

constexpr char kNewest[] = R"sql(
select distinct on (unit) unit, version, revision, holidays from chains
where unit = any($1::text[]) order by unit, version desc)sql";

constexpr char kDevice[] = R"sql(
select id, product, owner, fallback_unit, state, lead, controller, revision
from devices where id = $1)sql";

constexpr char kAssignments[] = R"sql(
select id, device, resident, unit, start_at, upper(period) as end_at, regime, ground, test_epoch, test_seq, test_at
from assignments
where device = $1 order by start_at)sql";

constexpr char kPoints[] = R"sql(
select r.assignment, r.purpose, r.since, r.principal, r.provider, r.unit
from responsibilities r join assignments a on a.id = r.assignment
where a.device = $1 order by r.assignment, r.purpose, r.since)sql";

}  // namespace

absl::StatusOr<std::vector<v1::Chain>> ReadSteps(Ask ask, const Result& chains) {
  std::vector<std::string> units;
  std::vector<int> versions;
  for (const Row row : chains) {
    units.push_back(row.String("unit"));
    versions.push_back(row.Int("version"));
  }
  const absl::StatusOr<Result> steps = ask(kSteps, {units, versions});
  if (!steps.ok()) return steps.status();
  const absl::StatusOr<Result> targets = ask(kTargets, {units, versions});
  if (!targets.ok()) return targets.status();
  return ChainsOf(chains, *steps, *targets);
}

absl::StatusOr<std::vector<v1::Chain>> ReadNewestChains(Ask ask, const std::vector<std::string>& units) {
  const absl::StatusOr<Result> chains = ask(kNewest, {units});
  if (!chains.ok()) return chains.status();
  return ReadSteps(ask, *chains);
}

absl::StatusOr<std::optional<v1::Route>> ReadRoute(Ask ask, const std::string& device) {
  const absl::StatusOr<Result> found = ask(kDevice, {device});
  if (!found.ok()) return found.status();
  if (found->empty()) return std::nullopt;
  const absl::StatusOr<Result> assignments = ask(kAssignments, {device});
  if (!assignments.ok()) return assignments.status();
  const absl::StatusOr<Result> points = ask(kPoints, {device});
  if (!points.ok()) return points.status();
  v1::Route route = RouteOf((*found)[0]);
  for (v1::Assignment& assignment : AssignmentsOf(*assignments, *points)) {
    *route.add_assignments() = std::move(assignment);
  }
  return route;
}

}  // namespace nara::registry
