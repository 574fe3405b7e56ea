#include "data_broker/feed.h"

#include <algorithm>
#include <utility>

#include "common/log/log.h"
#include "common/time/pause.h"

namespace nara::broker {

Feed::Feed(Options options, Deps deps)
    : options_(std::move(options)),
      deps_(std::move(deps)),
      reader_(options_.care_kinds, deps_.audience, deps_.metrics),
      pause_(options_.first_pause, options_.last_pause) {}

Feed::~Feed() {
  Stop();
}

void Feed::Start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
}

void Feed::Stop() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  thread_.join();
}

void Feed::Run(const std::stop_token& stop) {
  shelf_ = deps_.make_shelf();
  source_ = deps_.make_source();
  while (!stop.stop_requested()) {
    if (begun_) {
      Round(stop);
    } else {
      Begin(stop);
    }
  }
}

void Feed::Begin(const std::stop_token& stop) {
  const auto bounds = shelf_->AllBounds();
  if (!bounds.ok()) return Failed(bounds.status(), stop);
  Succeeded();
  for (const auto& [log, of_log] : *bounds) {
    head_[log] = of_log.last;
    source_->Follow(log, of_log.last);
  }
  deps_.hub.Begin(head_);
  begun_ = true;
}

bool Feed::MayBeGone(const std::vector<LogBatch>& batches) const {
  if (deps_.clock.Monotonic() - checked_ >= absl::FromChrono(options_.check)) return true;
  const absl::Time now = deps_.clock.Now();
  return std::ranges::any_of(batches, [&](const auto& batch) { return AgeOf(head_[batch.log], now) > options_.trust; });
}

absl::Status Feed::CheckNothingGone(const std::vector<LogBatch>& batches) {
  if (!MayBeGone(batches)) return absl::OkStatus();
  const auto bounds = shelf_->AllBounds();
  if (!bounds.ok()) return bounds.status();
  for (const auto& [log, of_log] : *bounds) {
    if (!of_log.Lost(head_[log])) continue;
    return absl::DataLossError("entries were trimmed before they were read; subscribers read them from history");
  }
  checked_ = deps_.clock.Monotonic();
  return absl::OkStatus();
}

void Feed::Round(const std::stop_token& stop) {
  const auto batches = source_->Read(options_.block);
  if (!batches.ok()) return Failed(batches.status(), stop);
  if (absl::Status status = CheckNothingGone(*batches); !status.ok()) {
    begun_ = false;  // the source has passed the batches, the hub never will
    return Failed(status, stop);
  }
  Succeeded();
  if (batches->empty()) return deps_.metrics.LiveLag(std::chrono::milliseconds(0));
  Pass(*batches, stop);
}

void Feed::Pass(const std::vector<LogBatch>& batches, const std::stop_token& stop) {
  std::vector<CareRecordPtr> records;
  std::chrono::milliseconds lag{0};
  for (const LogBatch& batch : batches) {
    Digest(batch, records);
    if (!batch.entries.empty()) lag = std::max(lag, AgeOf(batch.entries.back().position, deps_.clock.Now()));
  }
  deps_.hub.Publish(records, head_);
  deps_.metrics.LiveLag(lag);
  Pause(stop, options_.gather);
}

void Feed::Digest(const LogBatch& batch, std::vector<CareRecordPtr>& records) {
  for (const LogEntry& entry : batch.entries) {
    CareRecordPtr record = reader_.Read(batch.log, entry);
    head_[batch.log] = entry.position;
    if (record == nullptr) continue;
    if (!record->party) deps_.metrics.RouteAwaited();
    records.push_back(std::move(record));
  }
}

void Feed::Failed(const absl::Status& status, const std::stop_token& stop) {
  healthy_ = false;
  deps_.metrics.LiveFailed();
  const std::chrono::milliseconds pause = pause_.Failed();
  log::Warn("feed", "the logs cannot be read; trying again",
            {{"error", status.ToString()}, {"pause_ms", pause.count()}});
  Pause(stop, pause);
}

void Feed::Succeeded() {
  healthy_ = true;
  pause_.Reset();
}

}  // namespace nara::broker
