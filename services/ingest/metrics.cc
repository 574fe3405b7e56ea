#include "ingest/metrics.h"

#include "ingest/refusal.h"

namespace nara::ingest {
namespace {

using metrics::Counter;
using metrics::Labels;
using metrics::Registry;

std::map<std::string, Counter*> Reasons(Registry& registry, const std::string& name, const std::string& help,
                                        const Labels& lane) {
  std::map<std::string, Counter*> counters;
  std::vector<std::string> reasons = AllReasons();
  reasons.emplace_back("other");
  for (const std::string& reason : reasons) {
    Labels labels = lane;
    labels["reason"] = reason;
    counters[reason] = &registry.AddCounter(name, help, labels);
  }
  return counters;
}

Labels With(Labels labels, const std::string& name, const std::string& value) {
  labels[name] = value;
  return labels;
}

Labels Of(Lane lane) {
  return {{"lane", std::string(LaneName(lane))}};
}

constexpr char kFailures[] = "nara_ingest_append_failures_total";
constexpr char kFailuresHelp[] = "Rounds to be repeated.";
constexpr char kLost[] = "nara_ingest_frames_lost_total";
constexpr char kLostHelp[] = "Frames that the inbox could not keep; their senders have no receipt.";
constexpr char kRecords[] = "nara_ingest_records_total";
constexpr char kRecordsHelp[] = "Good records by what append said.";
constexpr char kRefused[] = "nara_ingest_frames_refused_total";
constexpr char kRefusedHelp[] = "Frames without a device to answer to.";
constexpr char kRepeats[] = "nara_ingest_repeats_total";
constexpr char kRepeatsHelp[] = "Records appended again at another Redis.";
constexpr char kStatus[] = "nara_ingest_status_total";
constexpr char kStatusHelp[] = "Births and last wills of devices.";

}  // namespace

Metrics::Metrics(Registry& registry, Lane lane)
    : frames_(registry.AddCounter("nara_ingest_frames_total", "Frames taken into the inbox.", Of(lane))),
      frame_bytes_(registry.AddCounter("nara_ingest_frame_bytes_total", "Their payloads in bytes.", Of(lane))),
      lost_full_(registry.AddCounter(kLost, kLostHelp, With(Of(lane), "reason", "full"))),
      lost_disk_(registry.AddCounter(kLost, kLostHelp, With(Of(lane), "reason", "disk"))),
      torn_(
          registry.AddCounter("nara_ingest_inbox_torn_total", "Unfinished or damaged ends of inbox files.", Of(lane))),
      appended_(registry.AddCounter(kRecords, kRecordsHelp, With(Of(lane), "result", "appended"))),
      duplicates_(registry.AddCounter(kRecords, kRecordsHelp, With(Of(lane), "result", "duplicate"))),
      beyond_window_(registry.AddCounter(kRecords, kRecordsHelp, With(Of(lane), "result", "beyond_window"))),
      over_limit_(registry.AddCounter(kRecords, kRecordsHelp, With(Of(lane), "result", "over_limit"))),
      repeated_(registry.AddCounter(kRepeats, kRepeatsHelp, With(Of(lane), "result", "known"))),
      missing_(registry.AddCounter(kRepeats, kRepeatsHelp, With(Of(lane), "result", "missing"))),
      held_(Reasons(registry, "nara_ingest_held_total", "Records quarantined that may be replayed.", Of(lane))),
      rejected_(Reasons(registry, "nara_ingest_rejected_total", "Records and payloads never delivered.", Of(lane))),
      refused_topic_(registry.AddCounter(kRefused, kRefusedHelp, With(Of(lane), "reason", "topic"))),
      refused_status_(registry.AddCounter(kRefused, kRefusedHelp, With(Of(lane), "reason", "status"))),
      online_(registry.AddCounter(kStatus, kStatusHelp, With(Of(lane), "state", "online"))),
      offline_(registry.AddCounter(kStatus, kStatusHelp, With(Of(lane), "state", "offline"))),
      append_seconds_(registry.AddHistogram("nara_ingest_append_seconds", "One round of appends, to durable.",
                                            metrics::Latency(), Of(lane))),
      failed_memory_(registry.AddCounter(kFailures, kFailuresHelp, With(Of(lane), "reason", "memory"))),
      failed_log_(registry.AddCounter(kFailures, kFailuresHelp, With(Of(lane), "reason", "log"))),
      durable_seconds_(registry.AddHistogram("nara_ingest_durable_seconds", "From arrival to durable in a log.",
                                             metrics::Latency(), Of(lane))),
      receipts_(registry.AddCounter("nara_ingest_receipts_total", "Receipts sent.", Of(lane))),
      receipts_dropped_(registry.AddCounter("nara_ingest_receipts_dropped_total", "Not sent: no session.", Of(lane))),
      inbox_bytes_(registry.AddGauge("nara_ingest_inbox_bytes", "Frames that are not in a log yet.", Of(lane))),
      inbox_fullness_(registry.AddGauge("nara_ingest_inbox_fullness_ratio", "The fullest shard.", Of(lane))),
      oldest_unreleased_(
          registry.AddGauge("nara_ingest_oldest_unreleased_seconds", "Age of the oldest frame in no log.", Of(lane))),
      sessions_(registry.AddGauge("nara_ingest_sessions_connected_count", "MQTT sessions, of 16.", Of(lane))),
      replicas_(
          registry.AddGauge("nara_ingest_replicas_required_count", "That have a record before its receipt.", Of(lane))),
      pauses_(
          registry.AddCounter("nara_ingest_session_pauses_total", "Sessions closed as the inbox filled.", Of(lane))),
      moved_(registry.AddCounter("nara_ingest_quarantine_moved_total", "Entries carried to PostgreSQL.", Of(lane))),
      clock_steps_(registry.AddCounter("nara_ingest_clock_steps_total", "Times that our clock was set.", Of(lane))),
      clock_in_doubt_(
          registry.AddGauge("nara_ingest_clock_in_doubt", "1 while devices are not corrected by it.", Of(lane))) {}

void Metrics::FrameTaken(std::size_t bytes) {
  frames_.Increment();
  frame_bytes_.Increment(static_cast<double>(bytes));
}
void Metrics::FrameLost(std::string_view reason) {
  (reason == "full" ? lost_full_ : lost_disk_).Increment();
}
void Metrics::FrameTorn() {
  torn_.Increment();
}
void Metrics::RecordAppended() {
  appended_.Increment();
}
void Metrics::RecordDuplicate() {
  duplicates_.Increment();
}
void Metrics::RecordBeyondWindow() {
  beyond_window_.Increment();
}
void Metrics::RecordRepeated(bool missing) {
  (missing ? missing_ : repeated_).Increment();
}
void Metrics::RecordsOverLimit(std::size_t count) {
  over_limit_.Increment(static_cast<double>(count));
}
void Metrics::RecordHeld(const std::string& reason) {
  ByReason(held_, reason).Increment();
}
void Metrics::RecordRejected(const std::string& reason) {
  ByReason(rejected_, reason).Increment();
}
void Metrics::FrameRefused(std::string_view reason) {
  (reason == "topic" ? refused_topic_ : refused_status_).Increment();
}
void Metrics::StatusTaken(bool online) {
  (online ? online_ : offline_).Increment();
}
void Metrics::AppendTook(absl::Duration duration) {
  append_seconds_.Observe(absl::ToDoubleSeconds(duration));
}
void Metrics::AppendFailed(std::string_view reason) {
  (reason == "memory" ? failed_memory_ : failed_log_).Increment();
}
void Metrics::Durable(absl::Duration since_arrival) {
  durable_seconds_.Observe(absl::ToDoubleSeconds(since_arrival));
}
void Metrics::ReceiptSent() {
  receipts_.Increment();
}
void Metrics::ReceiptDropped() {
  receipts_dropped_.Increment();
}
void Metrics::InboxHolds(double bytes, double fullness) {
  inbox_bytes_.Set(bytes);
  inbox_fullness_.Set(fullness);
}
void Metrics::OldestUnreleased(absl::Duration age) {
  oldest_unreleased_.Set(absl::ToDoubleSeconds(age));
}
void Metrics::SessionsConnected(int count) {
  sessions_.Set(count);
}
void Metrics::ReplicasRequired(int count) {
  replicas_.Set(count);
}
void Metrics::SessionPaused() {
  pauses_.Increment();
}
void Metrics::Moved(std::size_t count) {
  moved_.Increment(static_cast<double>(count));
}

void Metrics::ClockStepped() {
  clock_steps_.Increment();
}
void Metrics::ClockInDoubt(bool in_doubt) {
  clock_in_doubt_.Set(in_doubt ? 1 : 0);
}

Counter& Metrics::ByReason(std::map<std::string, Counter*>& counters, const std::string& reason) {
  const auto found = counters.find(reason);
  return *(found == counters.end() ? counters.at("other") : found->second);
}

}  // namespace nara::ingest
