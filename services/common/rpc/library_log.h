#pragma once

namespace nara::rpc {

// Sends what gRPC itself logs through our log, as component "grpc". Any number of times.
void UseOurLog();

}  // namespace nara::rpc
