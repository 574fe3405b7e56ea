// gRPC's side of the service.
#pragma once

#include <memory>

#include "common/rpc/worker_pool.h"
#include "ingest/service.h"

namespace grpc {
class Service;
}

namespace nara::ingest {

// Both must outlive it.
std::shared_ptr<grpc::Service> MakeGrpcService(Service& service, rpc::WorkerPool& workers);

}  // namespace nara::ingest
