#include "data_broker/metrics.h"

namespace nara::broker {
namespace {

double Seconds(std::chrono::milliseconds time) {
  return static_cast<double>(time.count()) / 1000;
}

}  // namespace

Metrics::Metrics(metrics::Registry& registry)
    : delivered_(registry.AddCounter("nara_broker_delivered_total", "Observations handed to subscribers' streams")),
      delivery_seconds_(registry.AddHistogram(
          "nara_broker_delivery_seconds", "From a record's arrival at the platform to its hand-over to a live stream",
          metrics::Latency())),
      withdrawn_(
          registry.AddCounter("nara_broker_withdrawn_total", "Observations taken back from subscribers' streams")),
      withheld_(
          registry.AddCounter("nara_broker_withheld_total", "Observations withheld at delivery: rights had changed")),
      blocked_(registry.AddCounter("nara_broker_blocked_total",
                                   "Observations passed over: blocked, or without the consent that they need")),
      subscribers_(registry.AddGauge("nara_broker_subscribers", "Open subscriptions")),
      catch_ups_(registry.AddCounter("nara_broker_catch_ups_total", "Times a subscription began to read by itself")),
      catch_up_failures_(registry.AddCounter("nara_broker_catch_up_failures_total",
                                             "Reads of a catch-up that failed and are repeated")),
      cursors_refused_(
          registry.AddCounter("nara_broker_cursors_refused_total", "Cursors and page tokens that were not ours")),
      unreadable_(
          registry.AddCounter("nara_broker_unreadable_entries_total", "Log entries that are no record; skipped")),
      routes_awaited_(registry.AddCounter("nara_broker_routes_awaited_total", "Records that came before their route")),
      live_lag_(registry.AddGauge("nara_broker_lag_seconds", "Age of the newest record that was read",
                                  {{"consumer", "live"}})),
      history_lag_(registry.AddGauge("nara_broker_lag_seconds", "Age of the newest record that was read",
                                     {{"consumer", "history"}})),
      live_failures_(registry.AddCounter("nara_broker_failures_total", "Reads and writes that failed and are repeated",
                                         {{"consumer", "live"}})),
      history_failures_(registry.AddCounter(
          "nara_broker_failures_total", "Reads and writes that failed and are repeated", {{"consumer", "history"}})),
      history_halvings_(registry.AddCounter("nara_broker_history_halvings_total",
                                            "Statements that took too long; their rows are tried again in halves")),
      relabel_failures_(registry.AddCounter("nara_broker_failures_total",
                                            "Reads and writes that failed and are repeated", {{"consumer", "labels"}})),
      notice_failures_(registry.AddCounter("nara_broker_failures_total",
                                           "Reads and writes that failed and are repeated", {{"consumer", "notices"}})),
      history_rows_(registry.AddCounter("nara_broker_history_rows_total", "Observations committed to history")),
      history_seconds_(registry.AddHistogram("nara_broker_history_commit_seconds", "Time of one history transaction",
                                             metrics::Latency())),
      relabelled_(registry.AddCounter("nara_broker_relabelled_devices_total",
                                      "Devices whose history was labelled by a new route")) {}

void Metrics::DeliveredLive(std::chrono::milliseconds since_received) {
  delivery_seconds_.Observe(Seconds(since_received));
}

void Metrics::HistoryStored(std::size_t rows, std::chrono::milliseconds took) {
  history_rows_.Increment(static_cast<double>(rows));
  history_seconds_.Observe(Seconds(took));
}

}  // namespace nara::broker
