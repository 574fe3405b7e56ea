#pragma once

#include <string_view>

namespace nara::registry {

// Identities of residents, and who may see protected ones.
extern const std::string_view kResidentsSchema;

}  // namespace nara::registry
