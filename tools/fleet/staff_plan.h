#pragma once

#include <cstdint>
#include <string>

#include "absl/time/time.h"

namespace nara::fleet {

// What simulated staff do with an offer.
struct StaffPlan {
  enum class Act { kAccept, kReject, kSleep };
  Act act = Act::kAccept;
  absl::Duration after;          // from the offer to the act
  absl::Duration resolve_after;  // from accepting to resolving
};

// Most accept and later resolve, some reject, some sleep through it, by alert,
// receiver and seed. The county's fallback never fails.
StaffPlan PlanFor(const std::string& receiver, const std::string& alert, uint64_t seed);

// "sim-" marks the ids of simulated people at work.
std::string SimulatedOperator(const std::string& receiver);
bool IsSimulated(const std::string& operator_id);

}  // namespace nara::fleet
