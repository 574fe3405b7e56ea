#include "tools/fleet/endpoint.h"

#include "absl/strings/numbers.h"

namespace nara::fleet {

absl::StatusOr<Endpoint> ParseEndpoint(const std::string& text) {
  const size_t colon = text.rfind(':');
  Endpoint endpoint;
  if (colon == std::string::npos || colon == 0 || !absl::SimpleAtoi(text.substr(colon + 1), &endpoint.port) ||
      endpoint.port < 1 || endpoint.port > 65'535) {
    return absl::InvalidArgumentError("\"" + text + "\" is not host:port");
  }
  endpoint.host = text.substr(0, colon);
  return endpoint;
}

}  // namespace nara::fleet
