#pragma once

#include <grpcpp/support/status.h>

#include "absl/status/status.h"

namespace nara::rpc {

// Codes are the same numbers; the ErrorInfo travels as google.rpc.Status in grpc-status-details-bin. An unknown code
// becomes UNKNOWN.
grpc::Status ToGrpc(const absl::Status& status);
absl::Status FromGrpc(const grpc::Status& status);

}  // namespace nara::rpc
