#pragma once

#include <functional>
#include <string>

#include "gateway/api/attempts.h"
#include "gateway/api/bulkhead.h"
#include "gateway/http/router.h"
#include "gateway/ports.h"

namespace nara::gateway {

// How a device without a certificate gets one, and one with a certificate the next: docs/formats/identity.md. Nobody is
// signed in here; the code, or the proof, is the right, and the registry decides. Any thread.
//
// It has a share of its own of the threads and of the registry: devices that ask in a crowd keep no page waiting.
class Admission {
 public:
  // All must outlive it.
  Admission(DevicePort& devices, Metrics& metrics, const Clock& clock);

  // Adds its paths. It must outlive the router's use.
  void AddTo(Router& router);

 private:
  using Result = absl::StatusOr<Response>;
  using Answer = absl::StatusOr<registry::v1::DeviceCredentials>;

  Result Enrol(const Request& request, const std::string& device);
  Result Renew(const Request& request, const std::string& device);
  // Asks the registry, when this address may try.
  Result Try(const std::string& address, const std::string& device, const std::function<Answer()>& ask);
  Result TooMany(const absl::Status& refusal);
  void Count(const std::string& address, const std::string& device, const absl::Status& answer);

  DevicePort& devices_;
  Metrics& metrics_;
  Bulkhead registry_;
  Attempts attempts_;
};

}  // namespace nara::gateway
