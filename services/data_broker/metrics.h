// The data broker's metrics, as verbs. Names are listed in README.md and held by
// metrics_test.cc. Labels are bounded words.
#pragma once

#include <chrono>
#include <cstddef>

#include "common/metrics/registry.h"

namespace nara::broker {

class Metrics {
 public:
  // The registry must outlive it.
  explicit Metrics(metrics::Registry& registry);

  // Observations handed to a stream.
  void Delivered(std::size_t observations) { delivered_.Increment(static_cast<double>(observations)); }
  // Observations of a stream taken back.
  void Withdrawn(std::size_t observations) { withdrawn_.Increment(static_cast<double>(observations)); }
  // A live batch was, so long after its newest observation reached the platform.
  void DeliveredLive(std::chrono::milliseconds since_received);
  // Observations not handed over since the caller may not see them any more.
  void Withheld(std::size_t observations) { withheld_.Increment(static_cast<double>(observations)); }
  // Observations not handed over since they are blocked.
  void Blocked(std::size_t observations) { blocked_.Increment(static_cast<double>(observations)); }
  void Subscribed() { subscribers_.Increment(); }
  void Unsubscribed() { subscribers_.Decrement(); }
  // A subscriber fell behind, or resumed, and reads history or the log by itself.
  void CatchUpStarted() { catch_ups_.Increment(); }
  void CatchUpFailed() { catch_up_failures_.Increment(); }
  // A cursor or page token was refused.
  void CursorRefused() { cursors_refused_.Increment(); }

  // An entry of a log was not a record.
  void Unreadable() { unreadable_.Increment(); }
  // A record came before its route and waits for it.
  void RouteAwaited() { routes_awaited_.Increment(); }

  void LiveLag(std::chrono::milliseconds lag) { Set(live_lag_, lag); }
  void LiveFailed() { live_failures_.Increment(); }
  void HistoryLag(std::chrono::milliseconds lag) { Set(history_lag_, lag); }
  void HistoryStored(std::size_t rows, std::chrono::milliseconds took);
  void HistoryFailed() { history_failures_.Increment(); }
  // A statement took longer than PostgreSQL lets it; its rows are tried again in halves.
  void HistoryHalved() { history_halvings_.Increment(); }
  void NoticesFailed() { notice_failures_.Increment(); }
  void RelabelFailed() { relabel_failures_.Increment(); }
  void Relabelled() { relabelled_.Increment(); }

 private:
  static void Set(metrics::Gauge& gauge, std::chrono::milliseconds lag) {
    gauge.Set(static_cast<double>(lag.count()) / 1000);
  }

  metrics::Counter& delivered_;
  metrics::Histogram& delivery_seconds_;
  metrics::Counter& withdrawn_;
  metrics::Counter& withheld_;
  metrics::Counter& blocked_;
  metrics::Gauge& subscribers_;
  metrics::Counter& catch_ups_;
  metrics::Counter& catch_up_failures_;
  metrics::Counter& cursors_refused_;
  metrics::Counter& unreadable_;
  metrics::Counter& routes_awaited_;
  metrics::Gauge& live_lag_;
  metrics::Gauge& history_lag_;
  metrics::Counter& live_failures_;
  metrics::Counter& history_failures_;
  metrics::Counter& history_halvings_;
  metrics::Counter& relabel_failures_;
  metrics::Counter& notice_failures_;
  metrics::Counter& history_rows_;
  metrics::Histogram& history_seconds_;
  metrics::Counter& relabelled_;
};

}  // namespace nara::broker
