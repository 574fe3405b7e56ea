#pragma once

#include <chrono>
#include <stop_token>

namespace nara {

// A pause that a stop request ends; for a thread that has nothing else to wait for. False when it was ended so, or when
// stop had been requested before.
bool Pause(const std::stop_token& stop, std::chrono::nanoseconds time);

}  // namespace nara
