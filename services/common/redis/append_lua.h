#pragma once

#include <string_view>

namespace nara {

// The text of append.lua, put in by the build.
extern const std::string_view kAppendLua;

}  // namespace nara
