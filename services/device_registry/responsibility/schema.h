// The schema of responsibility; comments in the SQL say why it looks so.
#pragma once

#include <string_view>

namespace nara::registry {

extern const std::string_view kResponsibilitySchema;
extern const std::string_view kSealedBirthSchema;
extern const std::string_view kReachSchema;

}  // namespace nara::registry
