#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace nara::fleet {

struct Endpoint {
  std::string host;
  int port = 0;
};

// "host:port".
absl::StatusOr<Endpoint> ParseEndpoint(const std::string& text);

}  // namespace nara::fleet
