// Ids and secrets. Thread-safe.
#pragma once

#include <cstddef>
#include <string>

namespace nara {

// So many random bytes that nobody can guess. Ends the process when there is no randomness, since ids and secrets would
// repeat.
std::string RandomBytes(std::size_t bytes);

// The same in lower-case hexadecimal digits: two for each byte.
std::string RandomHex(std::size_t bytes);

}  // namespace nara
