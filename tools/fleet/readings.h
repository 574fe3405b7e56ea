#pragma once

#include <cstdint>
#include <string>

#include "nara/telemetry/v1/telemetry.pb.h"

namespace nara::fleet {

// A plausible record of the kind: every person has values of their own, by
// device and seed, that vary from time to time (`draw`). `second_of_day` gives a
// glucose value its meal. Kinds without values have none; `at` is not set.
telemetry::v1::Record MakeReading(const std::string& kind, const std::string& device, uint64_t seed, uint64_t draw,
                                  double second_of_day);

}  // namespace nara::fleet
