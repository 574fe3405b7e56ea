#include <grpcpp/channel.h>

#include "gateway/backend/calls.h"
#include "gateway/backend/services.h"
#include "nara/registry/v1/service.grpc.pb.h"

namespace nara::gateway {
namespace {

using registry::v1::DeviceRegistryService;

class GrpcFleet final : public FleetPort {
 public:
  explicit GrpcFleet(std::shared_ptr<grpc::Channel> channel) : stub_(DeviceRegistryService::NewStub(channel)) {}

  absl::StatusOr<registry::v1::ListPrincipalsResponse> ListPrincipals(const std::string& caller,
                                                                      std::stop_token stop) override {
    return Call(*stub_, &DeviceRegistryService::Stub::ListPrincipals, caller, registry::v1::ListPrincipalsRequest(),
                stop);
  }

 private:
  const std::unique_ptr<DeviceRegistryService::Stub> stub_;
};

}  // namespace

std::unique_ptr<FleetPort> ConnectFleet(std::shared_ptr<grpc::Channel> registry) {
  return std::make_unique<GrpcFleet>(std::move(registry));
}

}  // namespace nara::gateway
