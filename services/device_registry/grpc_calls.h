// What the calls of every area share: who calls, on which worker, counted under which
// name. An area's calls are a class `template <typename Base> class XCalls : public Base`
// in <area>/grpc.h; grpc_service.cc stacks them.
#pragma once

#include <chrono>
#include <string>
#include <utility>

#include "common/rpc/error.h"
#include "common/rpc/streams.h"
#include "common/rpc/unary.h"
#include "device_registry/grpc_service.h"
#include "nara/registry/v1/service.grpc.pb.h"

namespace nara::registry {

using Context = grpc::CallbackServerContext;
using Unary = grpc::ServerUnaryReactor;
template <typename Response>
using Writer = grpc::ServerWriteReactor<Response>;

// One message of a watch holds up to 200 items: some of them, and the stream's own
// list keeps the rest.
inline constexpr std::size_t kWatchQueue = 16;

class GrpcCalls : public v1::DeviceRegistryService::CallbackService {
 public:
  explicit GrpcCalls(GrpcDeps deps) : deps_(deps) {}

 protected:
  template <typename Rules, typename Request, typename Response>
  using Method = absl::StatusOr<Response> (Rules::*)(const Caller&, const Request&);

  // Runs `work` and counts it.
  template <typename Work>
  auto Counted(const std::string& method, Work work) {
    const auto began = std::chrono::steady_clock::now();
    auto result = work();
    deps_.metrics.Called(method, StatusOf(result), std::chrono::steady_clock::now() - began);
    return result;
  }
  static const absl::Status& StatusOf(const absl::Status& status) { return status; }
  template <typename T>
  static const absl::Status& StatusOf(const absl::StatusOr<T>& result) {
    return result.status();
  }

  // Who calls, and why.
  absl::StatusOr<Caller> CallerOf(const rpc::CallContext& call) const {
    absl::StatusOr<Caller> caller = deps_.authorizer.Identify(call.peer, call.caller);
    if (!caller.ok()) return caller;
    if (call.peer != call.caller) caller->via = call.peer;
    caller->reason = call.reason;
    return caller;
  }

  template <typename Rules, typename Request, typename Response>
  Unary* Answer(const char* name, Rules& rules, Method<Rules, Request, Response> method, Context* context,
                const Request* request, Response* response) {
    const auto handle = [this, name, &rules, method](const rpc::CallContext& call, const Request& asked) {
      return Counted(name, [&]() -> absl::StatusOr<Response> {
        const absl::StatusOr<Caller> caller = CallerOf(call);
        if (!caller.ok()) return caller.status();
        absl::StatusOr<Response> answer = (rules.*method)(*caller, asked);
        if (!answer.ok()) return rpc::Public("device_registry", name, answer.status());
        return answer;
      });
    };
    return rpc::Unary(context, deps_.workers, request, response, handle);
  }

  template <typename Response, typename Feed, typename Request>
  Writer<Response>* Watch(const char* name, Feed& feed, Context* context, const Request* request) {
    const auto open = [this, name, &feed](const rpc::CallContext& call, const Request& asked, auto writer) {
      return Counted(name, [&]() -> absl::Status {
        const absl::StatusOr<Caller> caller = CallerOf(call);
        if (!caller.ok()) return caller.status();
        if (absl::Status status = deps_.registry.CheckWatch(*caller); !status.ok()) return status;
        feed.Open(std::move(writer), asked.after_revision());
        return absl::OkStatus();
      });
    };
    return rpc::ServerStream<Response>(context, deps_.workers, request, open, kWatchQueue);
  }

  const GrpcDeps deps_;
};

}  // namespace nara::registry
