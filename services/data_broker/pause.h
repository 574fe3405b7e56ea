// A pause that a stop request ends.
#pragma once

#include <chrono>
#include <stop_token>

namespace nara::broker {

// False when it was ended by a stop request.
bool Pause(const std::stop_token& stop, std::chrono::nanoseconds time);

}  // namespace nara::broker
