#include "tools/platform/alert_client.h"

#include <grpcpp/alarm.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/support/client_callback.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <utility>

#include "nara/alert/v1/alert.grpc.pb.h"
#include "tools/platform/unary.h"

namespace nara::tools {

using alert::v1::AlertRouterService;
using alert::v1::AttendRequest;
using alert::v1::AttendResponse;
using Stub = AlertRouterService::Stub;

class AlertClient::Impl {
 public:
  Impl(const std::string& address, const config::Tls& tls)
      : stub(AlertRouterService::NewStub(rpc::Connect(address, tls))) {}

  const std::unique_ptr<Stub> stub;
};

namespace {

constexpr auto kAttachAgainAfter = std::chrono::milliseconds(500);

// One stream after another. OnDone of a stream either ends the attendance or
// sets the alarm that begins the next.
class CallbackAttendance : public Attendance {
 public:
  CallbackAttendance(Stub& stub, const std::string& receiver, const std::string& operator_id, AttendanceEvents events)
      : stub_(stub), events_(std::move(events)) {
    attach_.mutable_attach()->set_receiver(receiver);
    attach_.mutable_attach()->set_operator_(operator_id);
    Begin();
  }

  ~CallbackAttendance() override {
    std::unique_lock lock(mutex_);
    stopping_ = true;
    if (stream_ != nullptr) stream_->Cancel();
    again_.Cancel();
    ended_.wait(lock, [this] { return stream_ == nullptr && !waiting_; });
  }

 private:
  class Stream : public grpc::ClientBidiReactor<AttendRequest, AttendResponse> {
   public:
    explicit Stream(CallbackAttendance& owner) : owner_(owner), context_(rpc::LongStream()) {}

    // The rest is called with the owner's mutex held.
    void Begin() {
      owner_.stub_.async()->Attend(context_.get(), this);
      Send(owner_.attach_);
      StartRead(&response_);
      AddHold();
      StartCall();
    }
    void Send(AttendRequest request) {
      if (cancelled_) return;
      unsent_.push_back(std::move(request));
      if (unsent_.size() == 1) StartWrite(&unsent_.front());
    }
    void Cancel() { context_->TryCancel(); }

   private:
    void OnWriteDone(bool ok) override {
      const std::lock_guard lock(owner_.mutex_);
      unsent_.pop_front();
      if (!ok) unsent_.clear();
      if (!unsent_.empty()) StartWrite(&unsent_.front());
    }
    void OnReadDone(bool ok) override {
      if (!ok) {
        const std::lock_guard lock(owner_.mutex_);
        cancelled_ = true;
        RemoveHold();
        return;
      }
      owner_.Hear(response_);
      StartRead(&response_);
    }
    void OnDone(const grpc::Status& status) override { owner_.Ended(rpc::FromGrpc(status)); }

    CallbackAttendance& owner_;
    const std::unique_ptr<grpc::ClientContext> context_;
    AttendResponse response_;
    std::deque<AttendRequest> unsent_;
    bool cancelled_ = false;
  };

  void Begin() {
    const std::lock_guard lock(mutex_);
    waiting_ = false;
    if (stopping_) {
      ended_.notify_all();
      return;
    }
    stream_ = std::make_unique<Stream>(*this);
    stream_->Begin();
  }

  void Hear(const AttendResponse& response) {
    if (response.has_offer() && events_.offer) events_.offer(response.offer());
    if (response.has_offer() && events_.confirms) Confirm(response.offer().alert());
    if (response.has_withdrawal() && events_.withdrawal) events_.withdrawal(response.withdrawal());
    if (response.has_heartbeat() && events_.heartbeat) events_.heartbeat(response.heartbeat());
  }

  void Confirm(const alert::v1::Alert& alert) {
    AttendRequest request;
    request.mutable_delivered()->set_alert(alert.id());
    request.mutable_delivered()->set_version(alert.version());
    const std::lock_guard lock(mutex_);
    if (stream_ != nullptr) stream_->Send(std::move(request));
  }

  void Ended(const absl::Status& status) {
    if (events_.lost) events_.lost(status);
    const std::lock_guard lock(mutex_);
    stream_.reset();
    if (!stopping_) {
      waiting_ = true;
      again_.Set(std::chrono::system_clock::now() + kAttachAgainAfter, [this](bool) { Begin(); });
    }
    ended_.notify_all();
  }

  Stub& stub_;
  const AttendanceEvents events_;
  AttendRequest attach_;

  std::mutex mutex_;
  std::condition_variable ended_;
  std::unique_ptr<Stream> stream_;  // guarded by mutex_
  bool waiting_ = false;            // guarded by mutex_: again_ will call Begin
  bool stopping_ = false;           // guarded by mutex_
  grpc::Alarm again_;
};

}  // namespace

AlertClient::AlertClient(const std::string& address, const config::Tls& tls)
    : impl_(std::make_unique<Impl>(address, tls)) {}

AlertClient::~AlertClient() = default;

absl::StatusOr<alert::v1::AcceptAlertResponse> AlertClient::AcceptAlert(const alert::v1::AcceptAlertRequest& request) {
  return Unary(*impl_->stub, &Stub::AcceptAlert, request);
}
absl::StatusOr<alert::v1::RejectAlertResponse> AlertClient::RejectAlert(const alert::v1::RejectAlertRequest& request) {
  return Unary(*impl_->stub, &Stub::RejectAlert, request);
}
absl::StatusOr<alert::v1::ResolveAlertResponse> AlertClient::ResolveAlert(
    const alert::v1::ResolveAlertRequest& request) {
  return Unary(*impl_->stub, &Stub::ResolveAlert, request);
}
absl::StatusOr<alert::v1::GetAlertResponse> AlertClient::GetAlert(const alert::v1::GetAlertRequest& request) {
  return Unary(*impl_->stub, &Stub::GetAlert, request);
}
absl::StatusOr<alert::v1::ListAlertsResponse> AlertClient::ListAlerts(const alert::v1::ListAlertsRequest& request) {
  return Unary(*impl_->stub, &Stub::ListAlerts, request);
}

absl::Status AlertClient::WatchAlerts(const alert::v1::WatchAlertsRequest& request, const std::stop_token& stop,
                                      const std::function<void(const alert::v1::WatchAlertsResponse&)>& heard) {
  const auto context = rpc::LongStream();
  const std::stop_callback cancel(stop, [&context] { context->TryCancel(); });
  const auto reader = impl_->stub->WatchAlerts(context.get(), request);
  alert::v1::WatchAlertsResponse response;
  while (reader->Read(&response)) heard(response);
  const grpc::Status status = reader->Finish();
  return stop.stop_requested() ? absl::OkStatus() : rpc::FromGrpc(status);
}

std::unique_ptr<Attendance> AlertClient::Attend(const std::string& receiver, const std::string& operator_id,
                                                AttendanceEvents events) {
  return std::make_unique<CallbackAttendance>(*impl_->stub, receiver, operator_id, std::move(events));
}

}  // namespace nara::tools
