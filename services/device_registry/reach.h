// Leads to the few devices or residents that a caller may see among very many
// (responsibility/schema.cc, table reach): by id, in pieces. Whether one is shown, the
// query that gets them decides.
#pragma once

#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "device_registry/database.h"

namespace nara::registry {

// Whose: what the principal owns or has in its register, and where it or one of the
// units answers.
struct ReachQuery {
  std::string principal;
  std::vector<std::string> units;
  std::string after;  // id
};

// Gets more of a list's rows from these ids; true when the list is full.
using TakeIds = absl::FunctionRef<absl::StatusOr<bool>(const std::vector<std::string>& ids)>;

// Calls `take` with one piece of ids after the other until it has enough, or none is left.
absl::Status WalkDevices(Database& database, ReachQuery query, TakeIds take);
absl::Status WalkResidents(Database& database, ReachQuery query, TakeIds take);

}  // namespace nara::registry
