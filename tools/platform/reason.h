// Why somebody calls, as the registry's audit gets it: the metadata nara-reason.
#pragma once

#include <string>
#include <string_view>

namespace nara::tools {

// So many characters of an encoded reason arrive.
inline constexpr std::size_t kLongestReason = 600;

// Percent-encoded as gRPC does status messages.
std::string EncodeReason(std::string_view text);

// The other way. One that is no text in UTF-8, or has control characters, is shown as it
// came: whoever called may have sent anything.
std::string DecodeReason(std::string_view reason);

}  // namespace nara::tools
