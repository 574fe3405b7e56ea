#pragma once

#include <string_view>

namespace nara::registry {

// Providers, agreements, staff.
extern const std::string_view kOrganisationSchema;

}  // namespace nara::registry
