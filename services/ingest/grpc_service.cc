#include "ingest/grpc_service.h"

#include "common/rpc/error.h"
#include "common/rpc/unary.h"
#include "nara/ingest/v1/ingest.grpc.pb.h"

namespace nara::ingest {
namespace {

template <typename Response>
absl::StatusOr<Response> Shown(const char* method, absl::StatusOr<Response> answer) {
  if (answer.ok()) return answer;
  return rpc::Public("ingest", method, answer.status());
}

class GrpcService final : public v1::IngestService::CallbackService {
 public:
  GrpcService(nara::ingest::Service& service, rpc::WorkerPool& workers) : service_(service), workers_(workers) {}

  grpc::ServerUnaryReactor* Submit(grpc::CallbackServerContext* context, const v1::SubmitRequest* request,
                                   v1::SubmitResponse* response) override {
    return rpc::Unary(context, workers_, request, response,
                      [this](const rpc::CallContext& call, const v1::SubmitRequest& submit) {
                        return Shown("Submit", service_.Submit(call, submit));
                      });
  }

  grpc::ServerUnaryReactor* SendCommand(grpc::CallbackServerContext* context, const v1::SendCommandRequest* request,
                                        v1::SendCommandResponse* response) override {
    return rpc::Unary(context, workers_, request, response,
                      [this](const rpc::CallContext& call, const v1::SendCommandRequest& send) {
                        return Shown("SendCommand", service_.SendCommand(call, send));
                      });
  }

  grpc::ServerUnaryReactor* GetCommand(grpc::CallbackServerContext* context, const v1::GetCommandRequest* request,
                                       v1::GetCommandResponse* response) override {
    return rpc::Unary(context, workers_, request, response,
                      [this](const rpc::CallContext& call, const v1::GetCommandRequest& get) {
                        return Shown("GetCommand", service_.GetCommand(call, get));
                      });
  }

  grpc::ServerUnaryReactor* ListQuarantine(grpc::CallbackServerContext* context,
                                           const v1::ListQuarantineRequest* request,
                                           v1::ListQuarantineResponse* response) override {
    return rpc::Unary(context, workers_, request, response,
                      [this](const rpc::CallContext& call, const v1::ListQuarantineRequest& list) {
                        return Shown("ListQuarantine", service_.ListQuarantine(call, list));
                      });
  }

  grpc::ServerUnaryReactor* GetQuarantined(grpc::CallbackServerContext* context,
                                           const v1::GetQuarantinedRequest* request,
                                           v1::GetQuarantinedResponse* response) override {
    return rpc::Unary(context, workers_, request, response,
                      [this](const rpc::CallContext& call, const v1::GetQuarantinedRequest& get) {
                        return Shown("GetQuarantined", service_.GetQuarantined(call, get));
                      });
  }

  grpc::ServerUnaryReactor* ReplayQuarantined(grpc::CallbackServerContext* context,
                                              const v1::ReplayQuarantinedRequest* request,
                                              v1::ReplayQuarantinedResponse* response) override {
    return rpc::Unary(context, workers_, request, response,
                      [this](const rpc::CallContext& call, const v1::ReplayQuarantinedRequest& replay) {
                        return Shown("ReplayQuarantined", service_.ReplayQuarantined(call, replay));
                      });
  }

  grpc::ServerUnaryReactor* DiscardQuarantined(grpc::CallbackServerContext* context,
                                               const v1::DiscardQuarantinedRequest* request,
                                               v1::DiscardQuarantinedResponse* response) override {
    return rpc::Unary(context, workers_, request, response,
                      [this](const rpc::CallContext& call, const v1::DiscardQuarantinedRequest& discard) {
                        return Shown("DiscardQuarantined", service_.DiscardQuarantined(call, discard));
                      });
  }

 private:
  nara::ingest::Service& service_;
  rpc::WorkerPool& workers_;
};

}  // namespace

std::shared_ptr<grpc::Service> MakeGrpcService(Service& service, rpc::WorkerPool& workers) {
  return std::make_shared<GrpcService>(service, workers);
}

}  // namespace nara::ingest
