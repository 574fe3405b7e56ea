#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"

// Errors that cross processes: a status with a google.rpc.ErrorInfo, so that a caller decides by `reason` and never by
// message. No gRPC in here: logic may use it.
namespace nara::rpc {

struct ErrorInfo {
  std::string reason;                           // UPPER_SNAKE, stable: "UNKNOWN_DEVICE"
  std::string domain;                           // "nara"
  std::map<std::string, std::string> metadata;  // ids only: {"device", "disp-0007"}
};

// A status in the domain "nara". The message names the thing and says what to do.
absl::Status Error(absl::StatusCode code, std::string_view reason, std::string_view message,
                   const std::map<std::string, std::string>& metadata = {});

// Absent when the status carries none.
std::optional<ErrorInfo> InfoOf(const absl::Status& status);

// The reason, or "" without one.
std::string ReasonOf(const absl::Status& status);

// What a caller of `method` may read of an error: ours carry a reason; anything else speaks of the inside (a statement,
// a host), goes to the log as `component`, and becomes INVALID_FIELD, INTERNAL or STORE_UNAVAILABLE.
absl::Status Public(std::string_view component, std::string_view method, const absl::Status& status);

}  // namespace nara::rpc
