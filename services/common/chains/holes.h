// The times in which a chain does not reach whom it should, found without trying each
// minute: only where hours, competences and absences begin or end can anything change.
#pragma once

#include <optional>
#include <vector>

#include "common/chains/reach.h"
#include "common/chains/schedule.h"

namespace nara {

// What is wrong with what a chain reaches at an instant, the worst of several.
std::optional<registry::v1::HoleKind> HoleIn(const std::vector<registry::v1::ReachedStep>& steps);

// By time; neighbours of one kind are one hole.
std::vector<registry::v1::Hole> HolesIn(const registry::v1::Chain& chain, const KnownReceivers& receivers,
                                        absl::TimeZone zone, const Period& period);

}  // namespace nara
