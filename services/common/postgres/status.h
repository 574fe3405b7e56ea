#pragma once

// Errors of PostgreSQL as statuses. For the sources of this library only.

#include <string_view>

#include "absl/status/status.h"

namespace nara {

// `statement`: its first words, for the message. `constraint` may be empty.
absl::Status StatusOfSqlState(std::string_view sqlstate, std::string_view message, std::string_view constraint,
                              std::string_view statement);

}  // namespace nara
