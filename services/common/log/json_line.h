#pragma once

#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "common/log/log.h"

namespace nara::log {

// One log line without its newline.
std::string JsonLine(absl::Time time, Level level, std::string_view instance, std::string_view component,
                     std::string_view message, Fields fields);

// Appends `text` as a JSON string: control characters and quotes escaped, each byte that is not part of valid UTF-8
// replaced by U+FFFD.
void AppendJsonString(std::string& out, std::string_view text);

}  // namespace nara::log
