// Whom a chain reaches at an instant: a pure function of the chain's version, what is
// known of its receivers, and the time.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "nara/registry/v1/chains.pb.h"

namespace nara {

// The receivers that may call, by id; one that is missing may not.
using KnownReceivers = std::map<std::string, registry::v1::Receiver>;

// The targets of a step; of one that names none, its receiver, which answers at all
// hours.
std::vector<registry::v1::Target> TargetsOf(const registry::v1::ChainStep& step);

bool Answers(const registry::v1::Target& target);
bool Answers(const registry::v1::ReachedTarget& target);

// Every step in order, each with all its targets and, where one is passed over, why:
// the first reason of revoked, closed, absent, not competent.
std::vector<registry::v1::ReachedStep> ReachAt(const registry::v1::Chain& chain, const KnownReceivers& receivers,
                                               absl::TimeZone zone, absl::Time at);

}  // namespace nara
