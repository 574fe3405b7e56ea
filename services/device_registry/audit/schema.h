// The tables of the area, as migrations.
#pragma once

#include <string_view>

namespace nara::registry {

extern const std::string_view kAuditSchema;

}  // namespace nara::registry
