#pragma once

#include <chrono>
#include <functional>

namespace nara::testing {

// True as soon as `condition` holds; false when it did not within `deadline`. Looks
// each millisecond: for tests that wait for an event and never for a time.
bool WaitFor(const std::function<bool()>& condition, std::chrono::milliseconds deadline = std::chrono::seconds(10));

}  // namespace nara::testing
