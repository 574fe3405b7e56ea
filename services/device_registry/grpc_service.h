// The registry over gRPC: who calls, which method, which stream. No rules in here.
#pragma once

#include <memory>

#include "common/access/authorizer.h"
#include "common/rpc/worker_pool.h"
#include "device_registry/chains/chains.h"
#include "device_registry/chains/plans.h"
#include "device_registry/feeds.h"
#include "device_registry/metrics.h"
#include "device_registry/registry.h"

namespace grpc {
class Service;
}

namespace nara::registry {

struct GrpcDeps {
  Registry& registry;
  Chains& chains;
  Plans& plans;
  Feeds& feeds;
  const Authorizer& authorizer;
  Metrics& metrics;
  rpc::WorkerPool& workers;
};

// Everything in `deps` must outlive it.
std::shared_ptr<grpc::Service> MakeGrpcService(GrpcDeps deps);

}  // namespace nara::registry
