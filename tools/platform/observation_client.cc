#include "tools/platform/observation_client.h"

#include "nara/broker/v1/broker.grpc.pb.h"
#include "tools/platform/unary.h"

namespace nara::tools {

using broker::v1::DataBrokerService;
using broker::v1::SubscribeResponse;

class ObservationClient::Impl {
 public:
  Impl(const std::string& address, const config::Tls& tls)
      : stub(DataBrokerService::NewStub(rpc::Connect(address, tls))) {}

  const std::unique_ptr<DataBrokerService::Stub> stub;
};

ObservationClient::ObservationClient(const std::string& address, const config::Tls& tls)
    : impl_(std::make_unique<Impl>(address, tls)) {}

ObservationClient::~ObservationClient() = default;

absl::StatusOr<broker::v1::ListObservationsResponse> ObservationClient::ListObservations(
    const broker::v1::ListObservationsRequest& request) {
  return Unary(*impl_->stub, &DataBrokerService::Stub::ListObservations, request);
}

absl::Status ObservationClient::Subscribe(const broker::v1::SubscribeRequest& request, const std::stop_token& stop,
                                          const std::function<void(const SubscribeResponse&)>& heard) {
  const auto context = rpc::LongStream();
  const std::stop_callback cancel(stop, [&context] { context->TryCancel(); });
  const auto reader = impl_->stub->Subscribe(context.get(), request);
  SubscribeResponse response;
  while (reader->Read(&response)) heard(response);
  const grpc::Status status = reader->Finish();
  return stop.stop_requested() ? absl::OkStatus() : rpc::FromGrpc(status);
}

}  // namespace nara::tools
