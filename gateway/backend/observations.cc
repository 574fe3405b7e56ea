#include <grpcpp/channel.h>

#include "gateway/backend/calls.h"
#include "gateway/backend/services.h"
#include "nara/broker/v1/broker.grpc.pb.h"

namespace nara::gateway {
namespace {

using broker::v1::DataBrokerService;

class GrpcObservations final : public ObservationPort {
 public:
  explicit GrpcObservations(std::shared_ptr<grpc::Channel> channel) : stub_(DataBrokerService::NewStub(channel)) {}

  absl::StatusOr<broker::v1::ListObservationsResponse> List(
      const std::string& caller, const broker::v1::ListObservationsRequest& request) override {
    return Call(*stub_, &DataBrokerService::Stub::ListObservations, caller, request);
  }

  absl::Status Subscribe(const std::string& caller, const std::string& cursor, std::stop_token stop,
                         const OnObservations& on_observations) override {
    broker::v1::SubscribeRequest request;
    request.set_cursor(cursor);
    const auto context = rpc::LongStream(caller);
    const auto reader = stub_->Subscribe(context.get(), request);
    return ReadAll<broker::v1::SubscribeResponse>(*context, *reader, stop, on_observations);
  }

 private:
  const std::unique_ptr<DataBrokerService::Stub> stub_;
};

}  // namespace

std::unique_ptr<ObservationPort> ConnectObservations(std::shared_ptr<grpc::Channel> data_broker) {
  return std::make_unique<GrpcObservations>(std::move(data_broker));
}

}  // namespace nara::gateway
