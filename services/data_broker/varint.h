// Unsigned numbers as base-128 varints, least significant group first, as in
// protocol buffers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace nara::broker {

void PutVarint(std::string& bytes, std::uint64_t number);

// Takes a number off the front of `bytes`; false, with `bytes` in pieces, when
// there is none or it has more than 64 bits.
bool TakeVarint(std::string_view& bytes, std::uint64_t& number);

}  // namespace nara::broker
