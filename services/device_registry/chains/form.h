// The forms of what callers of the area send, and what the registry fills in.
// INVALID_ARGUMENT with reason INVALID_FIELD, or NO_FALLBACK.
#pragma once

#include "absl/status/statusor.h"
#include "common/catalogue/catalogue.h"
#include "nara/registry/v1/chains.pb.h"
#include "nara/registry/v1/plans.pb.h"
#include "nara/registry/v1/registry.pb.h"

namespace nara::registry {

// The chain with its last step as the fallback, and each step's receiver the first of
// its targets that answers.
absl::StatusOr<v1::Chain> Formed(const v1::Chain& chain);

absl::Status Validate(const v1::Receiver& receiver);

absl::Status Validate(const v1::Plan& plan, const Catalogue& catalogue);

}  // namespace nara::registry
