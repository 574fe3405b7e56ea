// The id of an alert follows from what it is about, so that a second raising,
// another router, or an offer made while the store was down all name the same.
#pragma once

#include <string>

#include "alert_router/alert.h"

namespace nara::alert {

// 32 hexadecimal digits: the first half of the SHA-256 of device, kind, episode,
// assignment and `effective_at` (decimal, microseconds since 1970), with a NUL between
// them. An episode that the device uses again is another alert by its time.
std::string AlertIdOf(const Key& key, Time effective_at);

// The same of device, kind and episode alone: a technical alert is raised once.
std::string TechnicalIdOf(const Key& key);

}  // namespace nara::alert
