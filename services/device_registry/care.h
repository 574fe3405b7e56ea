// For who answers for a resident's care: what is planned, consented to and blocked.
#pragma once

#include <string>

#include "device_registry/ports.h"
#include "device_registry/rights.h"

namespace nara::registry {

enum class When { kNow, kEver };

// OK for the units that answer for CARE of one of the resident's devices now, or have
// ever, and for the principal in whose register the resident is. Else FORBIDDEN, or that
// the resident is not there.
absl::Status CheckCare(const Rights& rights, Store& store, const Caller& caller, Action action,
                       const std::string& resident, When when);

}  // namespace nara::registry
