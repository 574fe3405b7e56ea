// The id of an alert follows from what it is about, so that a second raising,
// another router, or an offer made while the store was down all name the same.
#pragma once

#include <string>

#include "alert_router/alert.h"

namespace nara::alert {

// 32 hexadecimal digits: the first half of the SHA-256 of device, kind and
// episode with a NUL between them.
std::string AlertIdOf(const Key& key);

}  // namespace nara::alert
