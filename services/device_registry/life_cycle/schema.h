// The part of the schema that knows where a device is on its way.
#pragma once

#include <string_view>

namespace nara::registry {

extern const std::string_view kLifeCycleSchema;
extern const std::string_view kImportMarkSchema;
extern const std::string_view kPlannedHandOutSchema;

}  // namespace nara::registry
