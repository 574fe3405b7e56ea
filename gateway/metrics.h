// What the gateway counts; the names are listed in README.md and held by metrics_test.cc. Labels are bounded words:
// routes as the API's document writes them, never what stands in the place of a parameter.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "common/metrics/registry.h"

namespace nara::gateway {

class Metrics {
 public:
  // Takes every metric at once; the registry must outlive it.
  explicit Metrics(metrics::Registry& registry);

  // The routes that requests can have (Router::Routes). Once, before the first request.
  void AddRoutes(const std::vector<std::string>& routes);
  // A request was answered so long after it had come, waiting for a thread included. Of an event stream: its header.
  void Answered(const std::string& route, int status, absl::Duration took);
  // What the server sent away by itself: "full", "idle", "slow", "malformed", "header", "body" or "host".
  void Refused(const std::string& reason);
  void Connections(std::size_t open) { connections_.Set(static_cast<double>(open)); }
  void EventStreams(std::size_t open) { event_streams_.Set(static_cast<double>(open)); }

  // "registry", "alerts" or "broker" did not answer: "busy" (too many wait already), "timeout" or "unavailable".
  void ServiceFailed(const std::string& service, const std::string& reason);
  // A source of a live feed ended by itself: "fleet", "alerts", "observations" or "attendance".
  void SourceEnded(const std::string& source);
  void AttendanceBegan() { attendances_.Increment(); }
  void AttendanceEnded() { attendances_.Decrement(); }

 private:
  struct Route {
    std::vector<metrics::Counter*> answers;  // by the first digit of the status
    metrics::Histogram* seconds;
  };
  using Counters = std::map<std::string, metrics::Counter*>;

  metrics::Registry& registry_;
  metrics::Gauge& connections_;
  metrics::Gauge& event_streams_;
  metrics::Gauge& attendances_;
  std::map<std::string, Route> routes_;
  Counters refused_;
  std::map<std::string, Counters> failures_;
  Counters sources_;
};

}  // namespace nara::gateway
