#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <functional>
#include <utility>

#include "absl/status/statusor.h"
#include "common/rpc/call.h"
#include "common/rpc/call_context.h"
#include "common/rpc/status.h"
#include "common/rpc/worker_pool.h"

namespace nara::rpc {

// The body of a unary method: runs `handle(const CallContext&, const Request&) -> absl::StatusOr<Response>` on the
// workers and finishes the call. RESOURCE_EXHAUSTED when too many calls wait, DEADLINE_EXCEEDED without running when
// the deadline passed while it waited.
//
//   grpc::ServerUnaryReactor* GetDevice(grpc::CallbackServerContext* context, const GetDeviceRequest* request,
//   GetDeviceResponse* response) override {
//     return rpc::Unary(context, workers_, request, response, [this](const rpc::CallContext& call, const
//     GetDeviceRequest& request) {
//       return service_.GetDevice(call.caller, request); });
//   }
template <typename Request, typename Response, typename Handle>
grpc::ServerUnaryReactor* Unary(grpc::CallbackServerContext* context, WorkerPool& workers, const Request* request,
                                Response* response, Handle handle) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  auto job = [reactor, call = UnaryContext(*context), request, response, handle = std::move(handle)] {
    if (Expired(call)) return reactor->Finish(ToGrpc(DeadlinePassed()));
    absl::StatusOr<Response> answer = handle(call, *request);
    if (answer.ok()) *response = *std::move(answer);
    reactor->Finish(ToGrpc(answer.status()));
  };
  if (!workers.Submit(std::move(job))) reactor->Finish(ToGrpc(TooManyCalls()));
  return reactor;
}

}  // namespace nara::rpc
