// The table of docs/formats/access.md: how far each role reaches with each action.
#pragma once

#include <string_view>

#include "common/access/authorizer.h"

namespace nara {

enum class Reach {
  kNothing,
  kAll,         // every object
  kPrincipal,   // of the caller's principal (all of the county when it has none)
  kUnits,       // of the caller's units (of its principal when it lists none)
  kReceiver,    // where the caller is a receiver itself
  kUnitAlerts,  // of the caller's units, or where it is a receiver
  kAlerts,      // of its principal, or where it is a receiver
};

std::string_view Name(Reach reach);

Reach RuleFor(Role role, Action action);

}  // namespace nara
