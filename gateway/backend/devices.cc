#include <grpcpp/channel.h>

#include "gateway/backend/calls.h"
#include "gateway/backend/services.h"
#include "nara/registry/v1/service.grpc.pb.h"

namespace nara::gateway {
namespace {

using registry::v1::DeviceRegistryService;

constexpr char kNobody[] = "";

class GrpcDevices final : public DevicePort {
 public:
  explicit GrpcDevices(std::shared_ptr<grpc::Channel> channel) : stub_(DeviceRegistryService::NewStub(channel)) {}

  absl::StatusOr<registry::v1::DeviceCredentials> Enrol(const registry::v1::EnrolRequest& request) override {
    auto answer = Call(*stub_, &DeviceRegistryService::Stub::Enrol, kNobody, request);
    if (!answer.ok()) return answer.status();
    return std::move(*answer->mutable_credentials());
  }
  absl::StatusOr<registry::v1::DeviceCredentials> Renew(const registry::v1::RenewCertificateRequest& request) override {
    auto answer = Call(*stub_, &DeviceRegistryService::Stub::RenewCertificate, kNobody, request);
    if (!answer.ok()) return answer.status();
    return std::move(*answer->mutable_credentials());
  }

 private:
  const std::unique_ptr<DeviceRegistryService::Stub> stub_;
};

}  // namespace

std::unique_ptr<DevicePort> ConnectDevices(std::shared_ptr<grpc::Channel> registry) {
  return std::make_unique<GrpcDevices>(std::move(registry));
}

}  // namespace nara::gateway
