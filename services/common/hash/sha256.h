#pragma once

#include <string>
#include <string_view>

namespace nara {

// SHA-256 in 64 lower-case hexadecimal digits.
std::string Sha256Hex(std::string_view bytes);

// HMAC-SHA256 (RFC 2104): 32 bytes.
std::string HmacSha256(std::string_view key, std::string_view bytes);

}  // namespace nara
