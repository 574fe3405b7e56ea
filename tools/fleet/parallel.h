#pragma once

#include <cstddef>
#include <functional>

#include "absl/status/status.h"

namespace nara::fleet {

// Runs task(0) to task(count - 1) on up to `threads` threads and waits for them.
// After the first error no new task begins; returns that error.
absl::Status ForEach(size_t count, int threads, const std::function<absl::Status(size_t)>& task);

}  // namespace nara::fleet
