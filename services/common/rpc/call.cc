#include "common/rpc/call.h"

#include <grpc/grpc_security_constants.h>
#include <grpcpp/server_context.h>

#include <algorithm>

#include "absl/time/clock.h"
#include "common/rpc/error.h"

namespace nara::rpc {
namespace {

constexpr std::string_view kGateway = "nara-gateway";
constexpr std::size_t kLongestReason = 600;
constexpr absl::Duration kLongestUnary = absl::Seconds(30);

std::string PeerOf(const grpc::CallbackServerContext& context) {
  const auto names = context.auth_context()->FindPropertyValues(GRPC_X509_CN_PROPERTY_NAME);
  return names.empty() ? "" : std::string(names[0].data(), names[0].size());
}

std::string Metadata(const grpc::CallbackServerContext& context, const char* key) {
  const auto found = context.client_metadata().find(key);
  return found == context.client_metadata().end() ? "" : std::string(found->second.data(), found->second.size());
}

absl::Time DeadlineOf(const grpc::CallbackServerContext& context) {
  const std::chrono::system_clock::time_point deadline = context.deadline();
  const bool none = deadline == std::chrono::system_clock::time_point::max();
  return none ? absl::InfiniteFuture() : absl::FromChrono(deadline);
}

}  // namespace

std::string CallerOf(std::string_view peer, std::string_view claimed) {
  return std::string(peer == kGateway && !claimed.empty() ? claimed : peer);
}

CallContext StreamContext(const grpc::CallbackServerContext& context) {
  CallContext call;
  call.peer = PeerOf(context);
  call.caller = CallerOf(call.peer, Metadata(context, "nara-caller"));
  call.reason = Metadata(context, "nara-reason").substr(0, kLongestReason);
  call.deadline = DeadlineOf(context);
  return call;
}

CallContext UnaryContext(const grpc::CallbackServerContext& context) {
  CallContext call = StreamContext(context);
  call.deadline = std::min(call.deadline, absl::Now() + kLongestUnary);
  return call;
}

bool Expired(const CallContext& call) {
  return absl::Now() >= call.deadline;
}

absl::Status DeadlinePassed() {
  return Error(absl::StatusCode::kDeadlineExceeded, "DEADLINE_PASSED", "the deadline passed before the call could run");
}

absl::Status TooManyCalls() {
  return Error(absl::StatusCode::kResourceExhausted, "TOO_MANY_CALLS",
               "too many calls wait already; try again in a moment");
}

}  // namespace nara::rpc
