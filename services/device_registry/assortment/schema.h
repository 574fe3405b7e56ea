// The part of the schema that knows what each principal has chosen.
#pragma once

#include <string_view>

namespace nara::registry {

extern const std::string_view kAssortmentSchema;

}  // namespace nara::registry
