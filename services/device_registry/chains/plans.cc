#include "device_registry/chains/plans.h"

#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "device_registry/chains/form.h"
#include "device_registry/page.h"

namespace nara::registry {

absl::StatusOr<v1::PutPlanResponse> Plans::PutPlan(const Caller& caller, const v1::PutPlanRequest& request) {
  if (absl::Status status = Validate(request.plan(), deps_.catalogue); !status.ok()) return status;
  if (absl::Status status = CheckResident(caller, request.plan().resident()); !status.ok()) return status;
  v1::Plan plan = request.plan();
  plan.clear_revision();
  absl::StatusOr<v1::Plan> stored = deps_.plans.PutPlan(ActorOf(caller), plan);
  if (!stored.ok()) return stored.status();
  v1::PutPlanResponse response;
  *response.mutable_plan() = *std::move(stored);
  return response;
}

absl::StatusOr<v1::GetPlanResponse> Plans::GetPlan(const Caller& caller, const v1::GetPlanRequest& request) {
  if (absl::Status status = CheckResident(caller, request.resident()); !status.ok()) return status;
  auto plan = deps_.plans.FindPlan(request.resident(), request.version());
  if (!plan.ok()) return plan.status();
  if (!plan->has_value()) return NotThere("plan", request.resident());
  v1::GetPlanResponse response;
  *response.mutable_plan() = **std::move(plan);
  return response;
}

absl::StatusOr<v1::ListPlansResponse> Plans::ListPlans(const Caller& caller, const v1::ListPlansRequest& request) {
  if (absl::Status status = CheckResident(caller, request.resident()); !status.ok()) return status;
  const absl::StatusOr<Page> page = PageOf(request);
  if (!page.ok()) return page.status();
  std::uint32_t after = 0;
  (void)absl::SimpleAtoi(page->after, &after);
  auto plans = deps_.plans.ListPlans(request.resident(), after, page->limit());
  if (!plans.ok()) return plans.status();
  v1::ListPlansResponse response;
  if (plans->size() > static_cast<std::size_t>(page->size)) {
    plans->resize(static_cast<std::size_t>(page->size));
    response.set_next_page_token(TokenAfter(*page, std::to_string(plans->back().version())));
  }
  for (v1::Plan& plan : *plans) *response.add_plans() = std::move(plan);
  return response;
}

}  // namespace nara::registry
