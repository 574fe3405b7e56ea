// The county of these tests:
//
//   device disp-1, dispenser of resident-1, principal 1480; ALARM: unit care-1480-1
//   chain of care-1480-1, version 3: centre-1480 60 s, staff-1480 120 s
//   fallback unit of disp-1: tech-1480, chain version 1: county-fallback 30 s
//   clients: centre-1480, centre-1481 (alarm_centre), staff-1480 (care_unit),
//   operator-1 (operator), admin-1480 (principal_admin)
#pragma once

#include <vector>

#include "alert_router/ports.h"
#include "nara/registry/v1/chains.pb.h"
#include "nara/registry/v1/clients.pb.h"
#include "nara/registry/v1/registry.pb.h"

namespace nara::alert::testing {

inline constexpr char kDevice[] = "disp-1";

std::vector<registry::v1::Route> Routes();
std::vector<registry::v1::Chain> Chains();
std::vector<registry::v1::Client> Clients();

}  // namespace nara::alert::testing
