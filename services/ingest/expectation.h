// What a device is expected to do, by the registry and the catalogue.
#pragma once

#include "absl/time/time.h"
#include "common/catalogue/catalogue.h"
#include "ingest/presence.h"
#include "nara/registry/v1/registry.pb.h"

namespace nara::ingest {

// A connected device that somebody has is expected, each contact interval of its product. Not one that is still on its
// way, was given back, or that nobody can find: those say nothing, and nobody is to go and look.
Expectation ExpectationOf(const registry::v1::Route& route, const Catalogue& catalogue, absl::Time now);

}  // namespace nara::ingest
