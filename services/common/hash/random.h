#pragma once

#include <cstddef>
#include <string>

namespace nara {

// So many random bytes that nobody can guess, in lower-case hexadecimal digits: two for each. Ends the process when
// there is no randomness, since ids and secrets would repeat.
std::string RandomHex(std::size_t bytes);

}  // namespace nara
