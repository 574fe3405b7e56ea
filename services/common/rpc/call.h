#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "common/rpc/call_context.h"

namespace grpc {
class CallbackServerContext;
}

// What the adapters (unary.h, streams.h) share.
namespace nara::rpc {

// The client id that stands behind a call. Only the gateway may speak for somebody else; from anybody else the metadata
// is ignored.
std::string CallerOf(std::string_view peer, std::string_view claimed);

CallContext StreamContext(const grpc::CallbackServerContext& context);
// With a deadline of at most 30 s from now.
CallContext UnaryContext(const grpc::CallbackServerContext& context);

bool Expired(const CallContext& call);
absl::Status DeadlinePassed();
absl::Status TooManyCalls();

}  // namespace nara::rpc
