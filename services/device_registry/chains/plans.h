// What is planned for a resident, and within which limits it is well: for the units that
// answer for the resident's care, and the principal in whose register the resident is.
// As Registry (registry.h).
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "common/catalogue/catalogue.h"
#include "device_registry/care.h"
#include "device_registry/chains/store.h"
#include "device_registry/rights.h"
#include "nara/registry/v1/plans.pb.h"

namespace nara::registry {

class Plans {
 public:
  struct Deps {
    Store& registry;
    PlanStore& plans;
    const Catalogue& catalogue;
    const Authorizer& authorizer;
  };

  explicit Plans(Deps deps) : deps_(deps), rights_(deps_.authorizer) {}

  absl::StatusOr<v1::PutPlanResponse> PutPlan(const Caller& caller, const v1::PutPlanRequest& request);
  absl::StatusOr<v1::GetPlanResponse> GetPlan(const Caller& caller, const v1::GetPlanRequest& request);
  absl::StatusOr<v1::ListPlansResponse> ListPlans(const Caller& caller, const v1::ListPlansRequest& request);

 private:
  absl::Status CheckResident(const Caller& caller, const std::string& resident) {
    return CheckCare(rights_, deps_.registry, caller, Action::kPlan, resident, When::kNow);
  }

  const Deps deps_;
  const Rights rights_;
};

}  // namespace nara::registry
