#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

namespace nara::config {

// Text of one scalar to its value; errors say what is expected, without file and key.
absl::StatusOr<std::int64_t> ParseInt(const std::string& text, std::int64_t min, std::int64_t max);

}  // namespace nara::config
