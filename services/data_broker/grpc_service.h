// gRPC's side of the service.
#pragma once

#include <memory>

#include "common/rpc/worker_pool.h"
#include "data_broker/service.h"

namespace grpc {
class Service;
}

namespace nara::broker {

// Both must outlive it.
std::shared_ptr<grpc::Service> MakeGrpcService(Service& service, rpc::WorkerPool& workers);

}  // namespace nara::broker
