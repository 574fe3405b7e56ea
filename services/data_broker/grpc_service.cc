#include "data_broker/grpc_service.h"

#include "common/rpc/error.h"
#include "common/rpc/streams.h"
#include "common/rpc/unary.h"
#include "nara/broker/v1/broker.grpc.pb.h"

namespace nara::broker {
namespace {

// Inside the generated class `Service` is another.
using Logic = Service;

constexpr std::string_view kComponent = "data_broker";

class GrpcService final : public v1::DataBrokerService::CallbackService {
 public:
  GrpcService(Logic& logic, rpc::WorkerPool& workers) : logic_(logic), workers_(workers) {}

  grpc::ServerWriteReactor<v1::SubscribeResponse>* Subscribe(grpc::CallbackServerContext* context,
                                                             const v1::SubscribeRequest* request) override {
    return rpc::ServerStream<v1::SubscribeResponse>(
        context, workers_, request,
        [this](const rpc::CallContext& call, const v1::SubscribeRequest& subscribe, const auto& writer) {
          return rpc::Public(kComponent, "Subscribe", logic_.Subscribe(call, subscribe, writer));
        });
  }

  grpc::ServerUnaryReactor* ListObservations(grpc::CallbackServerContext* context,
                                             const v1::ListObservationsRequest* request,
                                             v1::ListObservationsResponse* response) override {
    return rpc::Unary(context, workers_, request, response,
                      [this](const rpc::CallContext& call, const v1::ListObservationsRequest& list) {
                        return Shown(logic_.ListObservations(call, list));
                      });
  }

 private:
  static absl::StatusOr<v1::ListObservationsResponse> Shown(absl::StatusOr<v1::ListObservationsResponse> answer) {
    if (answer.ok()) return answer;
    return rpc::Public(kComponent, "ListObservations", answer.status());
  }

  Logic& logic_;
  rpc::WorkerPool& workers_;
};

}  // namespace

std::shared_ptr<grpc::Service> MakeGrpcService(Service& service, rpc::WorkerPool& workers) {
  return std::make_shared<GrpcService>(service, workers);
}

}  // namespace nara::broker
