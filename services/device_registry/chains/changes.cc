#include "device_registry/chains/changes.h"

#include "device_registry/chains/rows.h"

namespace nara::registry {
namespace {

constexpr char kChains[] = "select unit, version, revision, holidays from chains where revision > $1::bigint";

constexpr char kSteps[] = R"sql(
select s.* from chain_steps s join chains c using (unit, version)
where c.revision > $1::bigint order by s.unit, s.version, s.step)sql";

constexpr char kTargets[] = R"sql(
select t.* from chain_targets t join chains c using (unit, version)
where c.revision > $1::bigint order by t.unit, t.version, t.step, t.target)sql";

constexpr char kPlans[] = R"sql(
select distinct on (resident) content, revision from plans
where revision > $1::bigint order by resident, version desc)sql";

}  // namespace

absl::Status ReadChains(Transaction& transaction, std::uint64_t after, Changes& changes) {
  const absl::StatusOr<Result> chains = transaction.Execute(kChains, {after});
  if (!chains.ok()) return chains.status();
  const absl::StatusOr<Result> steps = transaction.Execute(kSteps, {after});
  if (!steps.ok()) return steps.status();
  const absl::StatusOr<Result> targets = transaction.Execute(kTargets, {after});
  if (!targets.ok()) return targets.status();
  changes.chains = ChainsOf(*chains, *steps, *targets);
  return absl::OkStatus();
}

absl::Status ReadPlans(Transaction& transaction, std::uint64_t after, Changes& changes) {
  const absl::StatusOr<Result> plans = transaction.Execute(kPlans, {after});
  if (!plans.ok()) return plans.status();
  for (const Row row : *plans) changes.plans.push_back(PlanOf(row));
  return absl::OkStatus();
}

}  // namespace nara::registry
