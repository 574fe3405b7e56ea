// Reads of the area that are asked both alone (Database::Query) and inside a transaction
// that writes (Write::Execute).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "device_registry/database.h"
#include "nara/registry/v1/chains.pb.h"
#include "nara/registry/v1/registry.pb.h"

namespace nara::registry {

// The steps and targets of the chains whose rows (unit, version, revision, holidays)
// are given.
absl::StatusOr<std::vector<v1::Chain>> ReadSteps(Ask ask, const Result& chains);

// The newest version of each of these units' chains.
absl::StatusOr<std::vector<v1::Chain>> ReadNewestChains(Ask ask, const std::vector<std::string>& units);

// A device's timeline.
absl::StatusOr<std::optional<v1::Route>> ReadRoute(Ask ask, const std::string& device);

}  // namespace nara::registry
