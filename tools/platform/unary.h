#pragma once

#include <grpcpp/grpcpp.h>

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/rpc/channel.h"
#include "common/rpc/status.h"
#include "tools/platform/reason.h"

namespace nara::tools {

inline constexpr absl::Duration kCallTimeout = absl::Seconds(20);

// One unary call with a deadline; waits for the connection within it. `reason` is why, for
// the audit of the registry.
template <typename Stub, typename Request, typename Response>
absl::StatusOr<Response> Unary(Stub& stub,
                               grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                               const Request& request, absl::Duration timeout = kCallTimeout,
                               const std::string& reason = {}) {
  const auto context = rpc::CallWithin(timeout, {}, true);
  if (!reason.empty()) context->AddMetadata("nara-reason", EncodeReason(reason));
  Response response;
  const grpc::Status status = (stub.*method)(context.get(), request, &response);
  if (!status.ok()) return rpc::FromGrpc(status);
  return response;
}

}  // namespace nara::tools
