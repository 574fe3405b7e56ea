// What the gateway counts, as verbs; the names are listed in README.md and held by metrics_test.cc. Labels are bounded
// words: routes as the API's document writes them, never what stands in the place of a parameter.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/metrics/registry.h"

namespace nara::gateway {

class Metrics {
 public:
  // One of the services behind.
  class Service {
   public:
    Service(metrics::Registry& registry, const std::string& name);

    // A request was refused at once, since too many wait already.
    void Busy() { busy_.Increment(); }
    void TimedOut() { timeout_.Increment(); }
    void Unavailable() { unavailable_.Increment(); }

   private:
    metrics::Counter& busy_;
    metrics::Counter& timeout_;
    metrics::Counter& unavailable_;
  };

  // Takes every metric at once; the registry must outlive it.
  explicit Metrics(metrics::Registry& registry);

  // The routes that requests can have (Router::Routes). Once, before the first request.
  void AddRoutes(const std::vector<std::string>& routes);
  // A request was answered so long after it had come, waiting for a thread included. Of an event stream: its header.
  void Answered(const std::string& route, int status, absl::Duration took);

  void Connections(std::size_t open) { connections_.Set(static_cast<double>(open)); }
  void EventStreamBegan() { event_streams_.Increment(); }
  void EventStreamEnded() { event_streams_.Decrement(); }

  // A new connection was closed: all are at work, or all that its address may have.
  void RefusedFull() { full_.Increment(); }
  void RefusedAddressFull() { address_full_.Increment(); }
  // A connection that waited for a request was closed to make room.
  void ClosedIdle() { idle_.Increment(); }
  // A client that took too little of its answer was cut off, or closed to make room.
  void ClosedSlowReader() { slow_reader_.Increment(); }
  // A request was refused before it had a route.
  void RefusedSlow() { slow_.Increment(); }
  void RefusedMalformed() { malformed_.Increment(); }
  void RefusedHeader() { header_.Increment(); }
  void RefusedBody() { body_.Increment(); }
  void RefusedHost() { host_.Increment(); }
  // A connection ended by an exception, which is nobody's fault but ours; the log has it.
  void ConnectionFailed() { faults_.Increment(); }

  Service& registry() { return registry_service_; }
  Service& alerts() { return alerts_service_; }
  Service& broker() { return broker_service_; }

  // A source of a live feed ended by itself.
  void FleetEnded() { fleet_restarts_.Increment(); }
  void AlertsEnded() { alerts_restarts_.Increment(); }
  void ObservationsEnded() { observations_restarts_.Increment(); }
  void AttendanceBroke() { attendance_restarts_.Increment(); }

  // A device asked for a certificate: it was given, the registry refused its code or proof, or its address has tried
  // too much.
  void AdmissionGiven() { given_.Increment(); }
  void AdmissionRefused() { refused_.Increment(); }
  void AdmissionLimited() { limited_.Increment(); }

  void AttendanceBegan() { attendances_.Increment(); }
  void AttendanceEnded() { attendances_.Decrement(); }

 private:
  struct Route {
    std::vector<metrics::Counter*> answers;  // by the first digit of the status
    metrics::Histogram* seconds;
  };

  metrics::Registry& registry_;
  std::map<std::string, Route> routes_;
  metrics::Gauge& connections_;
  metrics::Gauge& event_streams_;
  metrics::Counter& full_;
  metrics::Counter& address_full_;
  metrics::Counter& idle_;
  metrics::Counter& slow_reader_;
  metrics::Counter& slow_;
  metrics::Counter& malformed_;
  metrics::Counter& header_;
  metrics::Counter& body_;
  metrics::Counter& host_;
  metrics::Counter& faults_;
  Service registry_service_;
  Service alerts_service_;
  Service broker_service_;
  metrics::Counter& fleet_restarts_;
  metrics::Counter& alerts_restarts_;
  metrics::Counter& observations_restarts_;
  metrics::Counter& attendance_restarts_;
  metrics::Gauge& attendances_;
  metrics::Counter& given_;
  metrics::Counter& refused_;
  metrics::Counter& limited_;
};

}  // namespace nara::gateway
