#include <grpcpp/channel.h>

#include "gateway/backend/attend_link.h"
#include "gateway/backend/calls.h"
#include "gateway/backend/services.h"
#include "nara/alert/v1/alert.grpc.pb.h"

namespace nara::gateway {
namespace {

using alert::v1::AlertRouterService;
using Stub = AlertRouterService::Stub;

class GrpcAlerts final : public AlertPort {
 public:
  explicit GrpcAlerts(std::shared_ptr<grpc::Channel> channel) : stub_(AlertRouterService::NewStub(channel)) {}

  absl::StatusOr<alert::v1::ListAlertsResponse> List(const std::string& caller,
                                                     const alert::v1::ListAlertsRequest& request) override {
    return Call(*stub_, &Stub::ListAlerts, caller, request);
  }

  absl::StatusOr<alert::v1::GetAlertResponse> Get(const std::string& caller, const std::string& id) override {
    alert::v1::GetAlertRequest request;
    request.set_alert(id);
    return Call(*stub_, &Stub::GetAlert, caller, request);
  }

  absl::StatusOr<alert::v1::Alert> Accept(const std::string& caller, const std::string& id) override {
    return Act(&Stub::AcceptAlert, caller, Action<alert::v1::AcceptAlertRequest>(caller, id));
  }

  absl::StatusOr<alert::v1::Alert> Reject(const std::string& caller, const std::string& id,
                                          const std::string& reason) override {
    auto request = Action<alert::v1::RejectAlertRequest>(caller, id);
    request.set_reason(reason);
    return Act(&Stub::RejectAlert, caller, request);
  }

  absl::StatusOr<alert::v1::Alert> Resolve(const std::string& caller, const std::string& id,
                                           const std::string& reason) override {
    auto request = Action<alert::v1::ResolveAlertRequest>(caller, id);
    request.set_reason(reason);
    return Act(&Stub::ResolveAlert, caller, request);
  }

  absl::Status Watch(const std::string& caller, std::stop_token stop, const OnAlerts& on_alerts) override {
    const auto context = rpc::LongStream(caller);
    const auto reader = stub_->WatchAlerts(context.get(), alert::v1::WatchAlertsRequest());
    return ReadAll<alert::v1::WatchAlertsResponse>(*context, *reader, stop, on_alerts);
  }

  std::unique_ptr<AttendLink> Attend(const std::string& caller, const std::string& person, OnPulse on_pulse) override {
    return std::make_unique<GrpcAttendLink>(*stub_, caller, person, std::move(on_pulse));
  }

 private:
  // The person at the web page is not told apart yet: the session's client stands for them.
  template <typename Request>
  static Request Action(const std::string& caller, const std::string& id) {
    Request request;
    request.set_alert(id);
    request.set_receiver(caller);
    request.set_operator_("web");
    return request;
  }

  template <typename Request, typename Response>
  absl::StatusOr<alert::v1::Alert> Act(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                                       const std::string& caller, const Request& request) {
    auto response = Call(*stub_, method, caller, request);
    if (!response.ok()) return response.status();
    return std::move(*response->mutable_alert());
  }

  const std::unique_ptr<Stub> stub_;
};

}  // namespace

std::unique_ptr<AlertPort> ConnectAlerts(std::shared_ptr<grpc::Channel> alert_router) {
  return std::make_unique<GrpcAlerts>(std::move(alert_router));
}

}  // namespace nara::gateway
