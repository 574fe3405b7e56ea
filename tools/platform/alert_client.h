#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/config/shared.h"
#include "nara/alert/v1/alert.pb.h"

namespace nara::tools {

// One attendance: until it is destroyed it attaches as a receiver, and attaches
// again a moment after the stream was lost.
class Attendance {
 public:
  virtual ~Attendance() = default;
};

// What an attendance hears; each may be empty. Called on gRPC's threads, one
// call at a time for one attendance; must not block.
struct AttendanceEvents {
  std::function<void(const alert::v1::Offer&)> offer;
  std::function<void(const alert::v1::Withdrawal&)> withdrawal;
  std::function<void(const alert::v1::Heartbeat&)> heartbeat;
  // The stream ended with this; the next attempt follows.
  std::function<void(const absl::Status&)> lost;
  // Tells the router, after each offer, that it has reached somebody.
  bool confirms = false;
};

// The calls of AlertRouterService that tools make. Thread-safe; it must outlive
// its attendances.
class AlertClient {
 public:
  AlertClient(const std::string& address, const config::Tls& tls);
  ~AlertClient();

  absl::StatusOr<alert::v1::AcceptAlertResponse> AcceptAlert(const alert::v1::AcceptAlertRequest& request);
  absl::StatusOr<alert::v1::RejectAlertResponse> RejectAlert(const alert::v1::RejectAlertRequest& request);
  absl::StatusOr<alert::v1::ResolveAlertResponse> ResolveAlert(const alert::v1::ResolveAlertRequest& request);
  absl::StatusOr<alert::v1::GetAlertResponse> GetAlert(const alert::v1::GetAlertRequest& request);
  absl::StatusOr<alert::v1::ListAlertsResponse> ListAlerts(const alert::v1::ListAlertsRequest& request);

  // Calls `heard` for every message, on this thread, until `stop` or the end of
  // the stream. OK when it was told to stop.
  absl::Status WatchAlerts(const alert::v1::WatchAlertsRequest& request, const std::stop_token& stop,
                           const std::function<void(const alert::v1::WatchAlertsResponse&)>& heard);

  // Returns at once; uses no thread of its own.
  std::unique_ptr<Attendance> Attend(const std::string& receiver, const std::string& operator_id,
                                     AttendanceEvents events);

 private:
  class Impl;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace nara::tools
