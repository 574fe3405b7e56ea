// The tables of the area, as migrations.
#pragma once

#include <string_view>

namespace nara::registry {

extern const std::string_view kPrivacySchema;
extern const std::string_view kConsentSchema;

}  // namespace nara::registry
