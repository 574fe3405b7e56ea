#pragma once

#include <grpcpp/client_context.h>
#include <grpcpp/support/sync_stream.h>

#include <stop_token>
#include <string>

#include "absl/status/statusor.h"
#include "common/rpc/channel.h"
#include "common/rpc/status.h"

// What the three adapters share.
namespace nara::gateway {

inline constexpr absl::Duration kCallTimeout = absl::Seconds(5);

// One unary call: `method` is a pointer to the stub's member.
template <typename Stub, typename Request, typename Response>
absl::StatusOr<Response> Call(Stub& stub, grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                              const std::string& caller, const Request& request, const std::stop_token& stop = {}) {
  const auto context = rpc::CallWithin(kCallTimeout, caller);
  const std::stop_callback cancel(stop, [&context] { context->TryCancel(); });
  Response response;
  const grpc::Status status = (stub.*method)(context.get(), request, &response);
  if (!status.ok()) return rpc::FromGrpc(status);
  return response;
}

// Reads a stream until it ends or `stop` is asked for; a stream that the server ends without an error is UNAVAILABLE to
// who wanted it to last.
template <typename Response, typename Reader, typename Take>
absl::Status ReadAll(grpc::ClientContext& context, Reader& reader, std::stop_token stop, const Take& take) {
  const std::stop_callback cancel(stop, [&context] { context.TryCancel(); });
  for (Response response; reader.Read(&response); response.Clear()) take(response);
  const grpc::Status status = reader.Finish();
  return status.ok() ? absl::UnavailableError("the service ended the stream") : rpc::FromGrpc(status);
}

}  // namespace nara::gateway
