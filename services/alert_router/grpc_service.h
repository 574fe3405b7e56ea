// AlertRouterService over gRPC: messages in, logic called, messages out. Nothing
// is decided here.
#pragma once

#include <memory>

#include "alert_router/attendance.h"
#include "alert_router/desk.h"
#include "alert_router/stream_quota.h"
#include "alert_router/watchers.h"
#include "common/rpc/worker_pool.h"

namespace grpc {
class Service;
}

namespace nara::alert {

struct GrpcDeps {
  rpc::WorkerPool& workers;
  Desk& desk;
  Attendance& attendance;
  Watchers& watchers;
  StreamQuota& attend_streams;
  StreamQuota& watch_streams;
};

// All of `deps` must outlive the service.
std::unique_ptr<grpc::Service> MakeGrpcService(GrpcDeps deps);

}  // namespace nara::alert
