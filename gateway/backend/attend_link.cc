#include "gateway/backend/attend_link.h"

#include <utility>

#include "common/rpc/channel.h"
#include "common/rpc/status.h"

namespace nara::gateway {
namespace {

using alert::v1::AttendRequest;

// What waits while the router does not read; more means that it is gone.
constexpr std::size_t kMostUnsent = 1024;

AttendRequest Attach(const std::string& receiver, const std::string& person) {
  AttendRequest request;
  request.mutable_attach()->set_receiver(receiver);
  request.mutable_attach()->set_operator_(person);
  return request;
}

}  // namespace

GrpcAttendLink::GrpcAttendLink(alert::v1::AlertRouterService::Stub& stub, const std::string& receiver,
                               const std::string& person, AlertPort::OnPulse on_pulse)
    : on_pulse_(std::move(on_pulse)), context_(rpc::LongStream(receiver)) {
  stub.async()->Attend(context_.get(), this);
  const std::lock_guard lock(mutex_);
  Send(Attach(receiver, person));
  StartRead(&response_);
  AddHold();  // until nothing can be read any more: writes begin outside of gRPC's reactions
  StartCall();
}

GrpcAttendLink::~GrpcAttendLink() {
  context_->TryCancel();
  std::unique_lock lock(mutex_);
  let_go_.wait(lock, [this] { return ended_.has_value(); });
}

absl::Status GrpcAttendLink::status() const {
  const std::lock_guard lock(mutex_);
  if (ended_) return *ended_;
  return ending_ ? absl::UnavailableError("the stream is ending") : absl::OkStatus();
}

bool GrpcAttendLink::Delivered(const std::string& alert, std::uint64_t version) {
  AttendRequest request;
  request.mutable_delivered()->set_alert(alert);
  request.mutable_delivered()->set_version(version);
  const std::lock_guard lock(mutex_);
  if (ending_ || unsent_.size() >= kMostUnsent) return false;
  Send(std::move(request));
  return true;
}

// REQUIRES: mutex_ is held.
void GrpcAttendLink::Send(AttendRequest request) {
  unsent_.push_back(std::move(request));
  if (unsent_.size() == 1) StartWrite(&unsent_.front());
}

void GrpcAttendLink::OnWriteDone(bool ok) {
  const std::lock_guard lock(mutex_);
  unsent_.pop_front();
  if (!ok || ending_) unsent_.clear();
  if (!unsent_.empty()) StartWrite(&unsent_.front());
}

void GrpcAttendLink::OnReadDone(bool ok) {
  if (ok) {
    if (response_.has_heartbeat()) on_pulse_(response_.heartbeat());
    return StartRead(&response_);
  }
  const std::lock_guard lock(mutex_);
  ending_ = true;
  RemoveHold();
}

void GrpcAttendLink::OnDone(const grpc::Status& status) {
  const std::lock_guard lock(mutex_);
  ending_ = true;
  ended_ = status.ok() ? absl::UnavailableError("the service ended the stream") : rpc::FromGrpc(status);
  let_go_.notify_all();
}

}  // namespace nara::gateway
