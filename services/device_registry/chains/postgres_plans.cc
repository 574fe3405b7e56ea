#include <algorithm>
#include <utility>

#include "common/rpc/error.h"
#include "device_registry/chains/postgres_store.h"
#include "device_registry/chains/rows.h"
#include "device_registry/postgres_rows.h"

namespace nara::registry {
namespace {

constexpr char kFindPlan[] = R"sql(
select content, revision from plans
where resident = $1 and ($2::int = 0 or version = $2) order by version desc limit 1)sql";

constexpr char kListPlans[] = R"sql(
select content, revision from plans where resident = $1 and version > $2::int order by version limit $3::bigint)sql";

constexpr char kAddPlan[] = R"sql(
insert into plans (resident, version, content, revision) values ($1, $2::int, $3::jsonb, $4::bigint))sql";

constexpr std::uint32_t kNoVersion = 1'000'000'000;

bool SameContent(v1::Plan a, v1::Plan b) {
  a.clear_revision();
  b.clear_revision();
  return a.SerializeAsString() == b.SerializeAsString();
}

absl::Status AddPlan(Write& write, const v1::Plan& plan, const v1::Plan& before) {
  const absl::Status added =
      write.Execute(kAddPlan, {plan.resident(), plan.version(), DetailOf(plan), write.revision()}).status();
  return added.ok() ? write.AuditChange("put", "plan", plan.resident(), before, plan) : added;
}

}  // namespace

absl::StatusOr<std::optional<v1::Plan>> PostgresPlanStore::FindPlan(const std::string& resident,
                                                                    std::uint32_t version) {
  const absl::StatusOr<Result> found = database_.Query(kFindPlan, {resident, std::min(version, kNoVersion)});
  if (!found.ok()) return found.status();
  if (found->empty()) return std::nullopt;
  return PlanOf((*found)[0]);
}

absl::StatusOr<std::vector<v1::Plan>> PostgresPlanStore::ListPlans(const std::string& resident, std::uint32_t after,
                                                                   int limit) {
  const absl::StatusOr<Result> found = database_.Query(kListPlans, {resident, std::min(after, kNoVersion), limit});
  if (!found.ok()) return found.status();
  std::vector<v1::Plan> plans;
  for (const Row row : *found) plans.push_back(PlanOf(row));
  return plans;
}

absl::StatusOr<v1::Plan> PostgresPlanStore::PutPlan(const Actor& actor, const v1::Plan& plan) {
  v1::Plan stored;
  const absl::Status status = database_.Run(actor, [&](Write& write) -> absl::Status {
    const absl::StatusOr<Result> row = write.Execute(kFindPlan, {plan.resident(), 0});
    if (!row.ok()) return row.status();
    const v1::Plan newest = row->empty() ? v1::Plan() : PlanOf((*row)[0]);
    stored = newest;
    if (!row->empty() && SameContent(newest, plan)) return absl::OkStatus();
    if (plan.version() != newest.version() + 1) {
      return rpc::Error(absl::StatusCode::kAborted, "STALE_VERSION",
                        "the plan's next version is " + std::to_string(newest.version() + 1) + "; read it again",
                        {{"resident", plan.resident()}});
    }
    stored = plan;
    stored.set_revision(static_cast<std::uint64_t>(write.revision()));
    return AddPlan(write, plan, newest);
  });
  if (!status.ok()) return status;
  return stored;
}

}  // namespace nara::registry
