#include "tools/fleet/staff_plan.h"

#include "tools/fleet/random.h"

namespace nara::fleet {
namespace {

constexpr char kFallback[] = "county-fallback";
constexpr char kPrefix[] = "sim-";
constexpr double kSleeps = 0.08;
constexpr double kRejects = 0.08;

}  // namespace

StaffPlan PlanFor(const std::string& receiver, const std::string& alert, uint64_t seed) {
  Random random(seed, receiver + "/" + alert);
  const double lot = receiver == kFallback ? 1.0 : random.Unit();
  const auto act = lot < kSleeps              ? StaffPlan::Act::kSleep
                   : lot < kSleeps + kRejects ? StaffPlan::Act::kReject
                                              : StaffPlan::Act::kAccept;
  return {.act = act,
          .after = absl::Seconds(random.Between(3, 15)),
          .resolve_after = absl::Seconds(random.Between(15, 60))};
}

std::string SimulatedOperator(const std::string& receiver) {
  return kPrefix + receiver;
}

bool IsSimulated(const std::string& operator_id) {
  return operator_id.starts_with(kPrefix);
}

}  // namespace nara::fleet
