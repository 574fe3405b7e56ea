#pragma once

#include <grpcpp/support/client_callback.h>

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "gateway/ports.h"
#include "nara/alert/v1/alert.grpc.pb.h"

namespace nara::gateway {

// Attend over gRPC, without a thread of its own. Offers and withdrawals are read and dropped: pages see alerts through
// WatchAlerts. Heartbeats are passed on.
class GrpcAttendLink final : public AttendLink,
                             private grpc::ClientBidiReactor<alert::v1::AttendRequest, alert::v1::AttendResponse> {
 public:
  GrpcAttendLink(alert::v1::AlertRouterService::Stub& stub, const std::string& receiver, const std::string& person,
                 AlertPort::OnPulse on_pulse);
  // Cancels, and waits until gRPC has let go: no answer of the router is needed for that.
  ~GrpcAttendLink() override;

  absl::Status status() const override;
  bool Delivered(const std::string& alert, std::uint64_t version) override;

 private:
  void OnWriteDone(bool ok) override;
  void OnReadDone(bool ok) override;
  void OnDone(const grpc::Status& status) override;
  void Send(alert::v1::AttendRequest request);

  const AlertPort::OnPulse on_pulse_;
  const std::unique_ptr<grpc::ClientContext> context_;
  alert::v1::AttendResponse response_;  // of the read that is under way
  mutable std::mutex mutex_;
  std::condition_variable let_go_;
  std::deque<alert::v1::AttendRequest> unsent_;  // guarded by mutex_; the first is being written
  bool ending_ = false;                          // guarded by mutex_: nothing can be written any more
  std::optional<absl::Status> ended_;            // guarded by mutex_
};

}  // namespace nara::gateway
