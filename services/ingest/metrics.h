// The metrics of an ingest process. Reasons are the words of docs/formats/receipts.md; never a device.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "common/metrics/registry.h"
#include "common/mqtt/shard.h"

namespace nara::ingest {

class Metrics {
 public:
  Metrics(metrics::Registry& registry, Lane lane);

  void FrameTaken(std::size_t bytes);
  // A frame that the inbox could not keep; `reason` is "full" or "disk". The sender has no receipt for it.
  void FrameLost(std::string_view reason);
  void FrameTorn();
  void RecordAppended();
  void RecordDuplicate();
  void RecordBeyondWindow();
  // Appended again at another Redis, which had it, or was `missing` it.
  void RecordRepeated(bool missing);
  // Put back to their device.
  void RecordsOverLimit(std::size_t count);
  void RecordHeld(const std::string& reason);
  void RecordRejected(const std::string& reason);
  // A frame on a topic that names no device, or a status that cannot be read: there is nobody to answer.
  void FrameRefused(std::string_view reason);
  void StatusTaken(bool online);
  void AppendTook(absl::Duration duration);
  // A round that must be repeated; `reason` is "memory" when Redis has too little left for this lane, "log" for all
  // else.
  void AppendFailed(std::string_view reason);
  // An uplink is durable; from here on its receipt may wait for the coalescing interval.
  void Durable(absl::Duration since_arrival);
  void ReceiptSent();
  void ReceiptDropped();
  void InboxHolds(double bytes, double fullness);
  void OldestUnreleased(absl::Duration age);
  void SessionsConnected(int count);
  void SessionPaused();
  // That must have a record before its receipt.
  void ReplicasRequired(int count);
  void Moved(std::size_t count);
  void ClockStepped();
  void ClockInDoubt(bool in_doubt);

 private:
  metrics::Counter& ByReason(std::map<std::string, metrics::Counter*>& counters, const std::string& reason);

  metrics::Counter& frames_;
  metrics::Counter& frame_bytes_;
  metrics::Counter& lost_full_;
  metrics::Counter& lost_disk_;
  metrics::Counter& torn_;
  metrics::Counter& appended_;
  metrics::Counter& duplicates_;
  metrics::Counter& beyond_window_;
  metrics::Counter& over_limit_;
  metrics::Counter& repeated_;
  metrics::Counter& missing_;
  std::map<std::string, metrics::Counter*> held_;      // constant after construction
  std::map<std::string, metrics::Counter*> rejected_;  // constant after construction
  metrics::Counter& refused_topic_;
  metrics::Counter& refused_status_;
  metrics::Counter& online_;
  metrics::Counter& offline_;
  metrics::Histogram& append_seconds_;
  metrics::Counter& failed_memory_;
  metrics::Counter& failed_log_;
  metrics::Histogram& durable_seconds_;
  metrics::Counter& receipts_;
  metrics::Counter& receipts_dropped_;
  metrics::Gauge& inbox_bytes_;
  metrics::Gauge& inbox_fullness_;
  metrics::Gauge& oldest_unreleased_;
  metrics::Gauge& sessions_;
  metrics::Gauge& replicas_;
  metrics::Counter& pauses_;
  metrics::Counter& moved_;
  metrics::Counter& clock_steps_;
  metrics::Gauge& clock_in_doubt_;
};

}  // namespace nara::ingest
