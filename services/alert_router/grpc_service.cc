#include "alert_router/grpc_service.h"

#include <grpcpp/grpcpp.h>

#include <utility>

#include "alert_router/messages.h"
#include "common/log/log.h"
#include "common/rpc/error.h"
#include "common/rpc/streams.h"
#include "common/rpc/unary.h"
#include "nara/alert/v1/alert.grpc.pb.h"

namespace nara::alert {
namespace {

using Context = grpc::CallbackServerContext;

// The link keeps half of it free of offers, for what may not wait for them (feed.h).
constexpr std::size_t kScreenQueue = 256;
constexpr std::size_t kWatchQueue = 1024;
constexpr absl::Duration kPatience = absl::Seconds(5);

class ProtoScreen final : public Screen {
 public:
  explicit ProtoScreen(std::shared_ptr<rpc::StreamWriter<v1::AttendResponse>> writer) : writer_(std::move(writer)) {}

  bool Offer(const Alert& alert) override {
    v1::AttendResponse response;
    *response.mutable_offer()->mutable_alert() = ToMessage(alert);
    return writer_->Offer(std::move(response));
  }

  bool Withdraw(const Alert& alert, const std::string& reason) override {
    v1::AttendResponse response;
    *response.mutable_withdrawal()->mutable_alert() = ToMessage(alert);
    response.mutable_withdrawal()->set_reason(reason);
    return writer_->Offer(std::move(response));
  }

  bool Beat(const Pulse& pulse) override {
    v1::AttendResponse response;
    *response.mutable_heartbeat() = ToMessage(pulse);
    return writer_->Offer(std::move(response));
  }

  std::size_t waiting() const override { return writer_->queued(); }

  void Close(absl::Status status) override { writer_->Close(std::move(status)); }

 private:
  const std::shared_ptr<rpc::StreamWriter<v1::AttendResponse>> writer_;
};

class ProtoWatch final : public WatchSink {
 public:
  explicit ProtoWatch(std::shared_ptr<rpc::StreamWriter<v1::WatchAlertsResponse>> writer)
      : writer_(std::move(writer)) {}

  bool Show(const std::vector<Alert>& alerts) override { return writer_->Offer(Message(alerts)); }
  bool ShowPatiently(const std::vector<Alert>& alerts) override {
    return writer_->OfferWithin(Message(alerts), kPatience);
  }
  void Close(absl::Status status) override { writer_->Close(std::move(status)); }

 private:
  static v1::WatchAlertsResponse Message(const std::vector<Alert>& alerts) {
    v1::WatchAlertsResponse response;
    for (const Alert& alert : alerts) *response.add_alerts() = ToMessage(alert);
    return response;
  }

  const std::shared_ptr<rpc::StreamWriter<v1::WatchAlertsResponse>> writer_;
};

absl::Status Misused(const char* message) {
  return rpc::Error(absl::StatusCode::kInvalidArgument, "BAD_REQUEST", message);
}

// One Attend stream: attach first, then what was delivered. Its messages come one at a time.
class AttendStream {
 public:
  using Writer = rpc::StreamWriter<v1::AttendResponse>;

  AttendStream(GrpcDeps deps, rpc::CallContext call, std::shared_ptr<Writer> writer, StreamQuota::Ticket ticket)
      : deps_(deps), call_(std::move(call)), writer_(std::move(writer)), ticket_(std::move(ticket)) {}

  void Take(const v1::AttendRequest& request) {
    absl::Status status;
    if (request.has_attach() != !link_) {
      status = Misused("attach comes first, and once; then delivered");
    } else if (request.has_attach()) {
      status = Attach(request.attach());
    } else if (request.has_delivered()) {
      Delivered(request.delivered());
    }
    if (!status.ok()) writer_->Close(std::move(status));
  }

 private:
  absl::Status Attach(const v1::Attach& attach) {
    actor_ = {attach.receiver(), attach.operator_()};
    auto link = deps_.attendance.Attach(call_, actor_, std::make_shared<ProtoScreen>(writer_));
    if (!link.ok()) return link.status();
    link_ = *link;
    writer_->OnClosed([&attendance = deps_.attendance, id = *link] { attendance.Detach(id); });
    return absl::OkStatus();
  }

  // A delivery that the store does not take is no reason to end the link.
  void Delivered(const v1::Delivered& delivered) {
    const absl::Status recorded = deps_.desk.Delivered(actor_, delivered.alert(), delivered.version());
    if (!recorded.ok()) log::Warn("attend", "a delivery was not recorded", {{"error", recorded.ToString()}});
  }

  const GrpcDeps deps_;
  const rpc::CallContext call_;
  const std::shared_ptr<Writer> writer_;
  const StreamQuota::Ticket ticket_;
  Actor actor_;
  std::optional<Links::Id> link_;
};

absl::Status Shown(const char* method, const absl::Status& status) {
  return rpc::Public("alert_router", method, status);
}

template <typename Response>
absl::StatusOr<Response> Shown(const char* method, const absl::StatusOr<Response>& answer) {
  if (answer.ok()) return answer;
  return Shown(method, answer.status());
}

template <typename Response>
absl::StatusOr<Response> WithAlert(const absl::StatusOr<Alert>& alert) {
  if (!alert.ok()) return alert.status();
  Response response;
  *response.mutable_alert() = ToMessage(*alert);
  return response;
}

template <typename Request>
Desk::Request ToRequest(const Request& request, const std::string& reason = "") {
  return {request.alert(), {request.receiver(), request.operator_()}, reason};
}

class Service final : public v1::AlertRouterService::CallbackService {
 public:
  explicit Service(GrpcDeps deps) : deps_(deps) {}

  grpc::ServerBidiReactor<v1::AttendRequest, v1::AttendResponse>* Attend(Context* context) override {
    return rpc::BidiStream<v1::AttendRequest, v1::AttendResponse>(
        context, deps_.workers,
        [this](const rpc::CallContext& call,
               std::shared_ptr<AttendStream::Writer> writer) -> absl::StatusOr<rpc::StreamReader<v1::AttendRequest>> {
          const auto caller = deps_.desk.Known(call);
          if (!caller.ok()) return caller.status();
          auto ticket = deps_.attend_streams.Take(caller->id);
          if (!ticket.ok()) return ticket.status();
          auto stream = std::make_shared<AttendStream>(deps_, call, std::move(writer), *std::move(ticket));
          return rpc::StreamReader<v1::AttendRequest>{
              [stream](const v1::AttendRequest& request) { stream->Take(request); }, {}};
        },
        kScreenQueue);
  }

  grpc::ServerUnaryReactor* AcceptAlert(Context* context, const v1::AcceptAlertRequest* request,
                                        v1::AcceptAlertResponse* response) override {
    return rpc::Unary(context, deps_.workers, request, response,
                      [this](const rpc::CallContext& call, const v1::AcceptAlertRequest& asked) {
                        return Shown("AcceptAlert",
                                     WithAlert<v1::AcceptAlertResponse>(deps_.desk.Accept(call, ToRequest(asked))));
                      });
  }

  grpc::ServerUnaryReactor* RejectAlert(Context* context, const v1::RejectAlertRequest* request,
                                        v1::RejectAlertResponse* response) override {
    return rpc::Unary(context, deps_.workers, request, response,
                      [this](const rpc::CallContext& call, const v1::RejectAlertRequest& asked) {
                        return Shown("RejectAlert", WithAlert<v1::RejectAlertResponse>(
                                                        deps_.desk.Reject(call, ToRequest(asked, asked.reason()))));
                      });
  }

  grpc::ServerUnaryReactor* ResolveAlert(Context* context, const v1::ResolveAlertRequest* request,
                                         v1::ResolveAlertResponse* response) override {
    return rpc::Unary(context, deps_.workers, request, response,
                      [this](const rpc::CallContext& call, const v1::ResolveAlertRequest& asked) {
                        return Shown("ResolveAlert", WithAlert<v1::ResolveAlertResponse>(
                                                         deps_.desk.Resolve(call, ToRequest(asked, asked.reason()))));
                      });
  }

  grpc::ServerUnaryReactor* GetAlert(Context* context, const v1::GetAlertRequest* request,
                                     v1::GetAlertResponse* response) override {
    return rpc::Unary(context, deps_.workers, request, response,
                      [this](const rpc::CallContext& call, const v1::GetAlertRequest& asked) {
                        return Shown("GetAlert", Get(call, asked));
                      });
  }

  grpc::ServerUnaryReactor* ListAlerts(Context* context, const v1::ListAlertsRequest* request,
                                       v1::ListAlertsResponse* response) override {
    return rpc::Unary(context, deps_.workers, request, response,
                      [this](const rpc::CallContext& call, const v1::ListAlertsRequest& asked) {
                        return Shown("ListAlerts", List(call, asked));
                      });
  }

  grpc::ServerWriteReactor<v1::WatchAlertsResponse>* WatchAlerts(Context* context,
                                                                 const v1::WatchAlertsRequest* request) override {
    return rpc::ServerStream<v1::WatchAlertsResponse>(
        context, deps_.workers, request,
        [this](const rpc::CallContext& call, const v1::WatchAlertsRequest& asked, auto writer) {
          return Shown("WatchAlerts", Watch(call, asked, std::move(writer)));
        },
        kWatchQueue);
  }

 private:
  absl::StatusOr<v1::GetAlertResponse> Get(const rpc::CallContext& call, const v1::GetAlertRequest& asked) {
    const auto found = deps_.desk.Get(call, asked.alert());
    if (!found.ok()) return found.status();
    v1::GetAlertResponse response;
    *response.mutable_alert() = ToMessage(found->alert);
    for (const HistoryEntry& entry : found->history) *response.add_history() = ToMessage(entry);
    return response;
  }

  absl::StatusOr<v1::ListAlertsResponse> List(const rpc::CallContext& call, const v1::ListAlertsRequest& asked) {
    const auto page = deps_.desk.List(
        call, {asked.principal(), asked.device(), asked.open_only(), asked.page_size(), asked.page_token()});
    if (!page.ok()) return page.status();
    v1::ListAlertsResponse response;
    for (const Alert& alert : page->alerts) *response.add_alerts() = ToMessage(alert);
    response.set_next_page_token(page->next_page_token);
    return response;
  }

  absl::Status Watch(const rpc::CallContext& call, const v1::WatchAlertsRequest& asked,
                     std::shared_ptr<rpc::StreamWriter<v1::WatchAlertsResponse>> writer) {
    const auto caller = deps_.desk.Watcher(call);
    if (!caller.ok()) return caller.status();
    const auto ticket = deps_.watch_streams.Take(caller->id);
    if (!ticket.ok()) return ticket.status();
    const auto id = deps_.watchers.Begin(caller->id, asked.principal(), std::make_shared<ProtoWatch>(writer),
                                         [&] { return deps_.desk.Open(*caller, asked.principal()); });
    if (!id.ok()) return id.status();
    writer->OnClosed([&watchers = deps_.watchers, watch = *id, ticket = *ticket] { watchers.End(watch); });
    return absl::OkStatus();
  }

  const GrpcDeps deps_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeGrpcService(GrpcDeps deps) {
  return std::make_unique<Service>(deps);
}

}  // namespace nara::alert
