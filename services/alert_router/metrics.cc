#include "alert_router/metrics.h"

namespace nara::alert {
namespace {

constexpr const char* kActions[] = {"raised",    "offered",  "unreachable", "exhausted",      "delivered",
                                    "accepted",  "rejected", "resolved",    "accept_timeout", "link_broken",
                                    "cancelled", "expired",  "joined",      "parted"};
constexpr const char* kOutcomes[] = {"raised",  "ended",     "end_remembered", "known", "test",
                                     "ignored", "technical", "unreadable",     "late"};

double Seconds(std::chrono::microseconds time) {
  return static_cast<double>(time.count()) / 1e6;
}

void Increment(const std::map<std::string, metrics::Counter*>& counters, const std::string& word) {
  if (const auto counter = counters.find(word); counter != counters.end()) counter->second->Increment();
}

}  // namespace

Metrics::Metrics(metrics::Registry& registry)
    : append_to_offer_(registry.AddHistogram("nara_alerts_append_to_offer_seconds",
                                             "Append of the event to its log to the offer of its alert",
                                             metrics::Latency())),
      timer_lateness_(registry.AddHistogram("nara_alerts_timer_lateness_seconds", "How late due alerts were moved",
                                            metrics::Latency())),
      store_failures_(
          registry.AddCounter("nara_alerts_store_failures_total", "Transactions that the database did not carry out")),
      oldest_unrouted_(registry.AddGauge("nara_alerts_oldest_unrouted_seconds",
                                         "Age of the oldest alarm-class event in a log that is not yet an alert")),
      links_(registry.AddGauge("nara_alerts_links", "Operators who attend at a receiver")),
      links_behind_(
          registry.AddGauge("nara_alerts_links_behind", "Links that have not been shown every open offer yet")),
      links_stalled_(
          registry.AddCounter("nara_alerts_links_stalled_total", "Links cut off since nothing was read from them")),
      streams_refused_(registry.AddCounter("nara_alerts_streams_refused_total", "Streams that found no place")),
      watchers_(registry.AddGauge("nara_alerts_watchers", "Open WatchAlerts streams")) {
  for (const char* action : kActions) {
    actions_[action] =
        &registry.AddCounter("nara_alerts_history_total", "Entries of the alerts' history", {{"action", action}});
  }
  for (const char* outcome : kOutcomes) {
    outcomes_[outcome] =
        &registry.AddCounter("nara_alerts_log_entries_total", "Entries of the alarm logs", {{"outcome", outcome}});
  }
}

void Metrics::Count(const Change& change) {
  for (const HistoryEntry& entry : change.history) Increment(actions_, entry.action);
}

void Metrics::Offered(std::chrono::microseconds after_append) {
  append_to_offer_.Observe(Seconds(after_append));
}
void Metrics::Late(std::chrono::microseconds by) {
  timer_lateness_.Observe(Seconds(by));
}
void Metrics::Routed(const std::string& outcome) {
  Increment(outcomes_, outcome);
}
void Metrics::StoreFailed() {
  store_failures_.Increment();
}

void Metrics::Stalled(int links) {
  links_stalled_.Increment(links);
}
void Metrics::StreamRefused() {
  streams_refused_.Increment();
}

void Metrics::Observe(const Moment& moment) {
  oldest_unrouted_.Set(Seconds(moment.oldest_unrouted));
  links_.Set(static_cast<double>(moment.links));
  links_behind_.Set(static_cast<double>(moment.links_behind));
  watchers_.Set(static_cast<double>(moment.watchers));
}

}  // namespace nara::alert
