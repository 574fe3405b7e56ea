// What the alert router counts; names begin with nara_alerts_.
#pragma once

#include <chrono>
#include <map>
#include <string>

#include "alert_router/engine.h"
#include "common/metrics/registry.h"

namespace nara::alert {

class Metrics {
 public:
  // Takes every metric at once; `registry` must outlive it.
  explicit Metrics(metrics::Registry& registry);

  // The history and the offers of a committed change.
  void Count(const Change& change);

  // From the append of the event to its log to the commit of its alert.
  void Offered(std::chrono::microseconds after_append);
  // How late a due alert was moved.
  void Late(std::chrono::microseconds by);
  // What became of a log entry: "raised", "late", "ended", "end_remembered",
  // "known", "test", "ignored", "technical" or "unreadable".
  void Routed(const std::string& outcome);
  // A transaction that the store did not carry out.
  void StoreFailed();
  // Links that were cut off since nothing was read from them.
  void Stalled(int links);
  // A stream that found no place.
  void StreamRefused();
  // Once a second.
  struct Moment {
    std::chrono::milliseconds oldest_unrouted{0};
    std::size_t links = 0;
    std::size_t links_behind = 0;
    std::size_t watchers = 0;
  };
  void Observe(const Moment& moment);

 private:
  std::map<std::string, metrics::Counter*> actions_;
  std::map<std::string, metrics::Counter*> outcomes_;
  metrics::Histogram& append_to_offer_;
  metrics::Histogram& timer_lateness_;
  metrics::Counter& store_failures_;
  metrics::Gauge& oldest_unrouted_;
  metrics::Gauge& links_;
  metrics::Gauge& links_behind_;
  metrics::Counter& links_stalled_;
  metrics::Counter& streams_refused_;
  metrics::Gauge& watchers_;
};

}  // namespace nara::alert
