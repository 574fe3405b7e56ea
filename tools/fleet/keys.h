#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace nara::fleet {

// A device's key and the request for its certificate, both in PEM.
struct DeviceKey {
  std::string key_pem;
  std::string csr_pem;
};

// Draws a P-256 key and signs a PKCS #10 request whose common name is `device`.
absl::StatusOr<DeviceKey> MakeDeviceKey(const std::string& device);

}  // namespace nara::fleet
