#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "nara/alert/v1/alert.pb.h"
#include "nara/broker/v1/broker.pb.h"
#include "nara/registry/v1/identity.pb.h"
#include "nara/registry/v1/registry.pb.h"

// What the gateway needs from the services behind it. Every call names the client on whose behalf it is made, and the
// service decides what that client may see: the gateway itself decides nothing. Devices alone are nobody's clients.
// Any thread.
//
// What asks once blocks for at most 5 s (DEADLINE_EXCEEDED). Watch and Subscribe are streams without a deadline: they
// block until the stream ends, which is within 15 s of a service that has gone without a word, or `stop` is asked for.
// Whoever takes a `stop` ends at once when it is asked for.
namespace nara::gateway {

class FleetPort {
 public:
  virtual ~FleetPort() = default;
  virtual absl::StatusOr<registry::v1::ListPrincipalsResponse> ListPrincipals(const std::string& caller,
                                                                              std::stop_token stop = {}) = 0;
};

// In the name of nobody: what the device shows is its right.
class DevicePort {
 public:
  virtual ~DevicePort() = default;
  virtual absl::StatusOr<registry::v1::DeviceCredentials> Enrol(const registry::v1::EnrolRequest& request) = 0;
  virtual absl::StatusOr<registry::v1::DeviceCredentials> Renew(
      const registry::v1::RenewCertificateRequest& request) = 0;
};

// An open Attend stream: the destructor ends it at once, and the router takes the next step. Never blocks; any thread.
class AttendLink {
 public:
  virtual ~AttendLink() = default;
  // Why the stream has ended; OK while it is open.
  virtual absl::Status status() const = 0;
  // Says that the offer with this version of the alert is on somebody's screen. False when the stream has ended, or
  // does not take more.
  virtual bool Delivered(const std::string& alert, std::uint64_t version) = 0;
};

class AlertPort {
 public:
  using OnAlerts = std::function<void(const alert::v1::WatchAlertsResponse&)>;
  using OnPulse = std::function<void(const alert::v1::Heartbeat&)>;

  virtual ~AlertPort() = default;
  virtual absl::StatusOr<alert::v1::ListAlertsResponse> List(const std::string& caller,
                                                             const alert::v1::ListAlertsRequest& request) = 0;
  virtual absl::StatusOr<alert::v1::GetAlertResponse> Get(const std::string& caller, const std::string& id) = 0;
  // The caller is the receiver on whose behalf it acts.
  virtual absl::StatusOr<alert::v1::Alert> Accept(const std::string& caller, const std::string& id) = 0;
  virtual absl::StatusOr<alert::v1::Alert> Reject(const std::string& caller, const std::string& id,
                                                  const std::string& reason) = 0;
  virtual absl::StatusOr<alert::v1::Alert> Resolve(const std::string& caller, const std::string& id,
                                                   const std::string& reason) = 0;
  // Calls `on_alerts` until the stream ends or `stop` is asked for; returns why it ended.
  virtual absl::Status Watch(const std::string& caller, std::stop_token stop, const OnAlerts& on_alerts) = 0;
  // Attends as the receiver that is the caller, so that its offers have somebody to reach. Returns before the router
  // has answered. `on_pulse` gets what the router says of itself each second, from a thread of the port's, until the
  // link has gone; it must not block.
  virtual std::unique_ptr<AttendLink> Attend(const std::string& caller, const std::string& person,
                                             OnPulse on_pulse) = 0;
};

class ObservationPort {
 public:
  using OnObservations = std::function<void(const broker::v1::SubscribeResponse&)>;

  virtual ~ObservationPort() = default;
  virtual absl::StatusOr<broker::v1::ListObservationsResponse> List(
      const std::string& caller, const broker::v1::ListObservationsRequest& request) = 0;
  // From `cursor` (empty: from now on) until the stream ends or `stop`; returns why it ended.
  virtual absl::Status Subscribe(const std::string& caller, const std::string& cursor, std::stop_token stop,
                                 const OnObservations& on_observations) = 0;
};

struct Ports {
  FleetPort& fleet;
  AlertPort& alerts;
  ObservationPort& observations;
};

}  // namespace nara::gateway
