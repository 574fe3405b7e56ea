// The area's tables.
#pragma once

#include <string_view>

namespace nara::registry {

extern const std::string_view kChainsSchema;

}  // namespace nara::registry
