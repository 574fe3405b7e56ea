#include "data_broker/feed.h"

#include <algorithm>
#include <utility>

#include "common/log/log.h"
#include "data_broker/pause.h"

namespace nara::broker {
Feed::Feed(Options options, ShelfFactory make_shelf, FollowerFactory make_follower, const Audience& audience, Hub& hub,
           Metrics& metrics)
    : options_(std::move(options)),
      make_shelf_(std::move(make_shelf)),
      make_follower_(std::move(make_follower)),
      hub_(hub),
      metrics_(metrics),
      reader_(options_.care_kinds, audience, metrics),
      pause_(options_.first_pause) {}

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
  shelf_ = make_shelf_();
  follower_ = make_follower_();
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
  for (std::size_t log = 0; log < kLogs; ++log) {
    head_[log] = (*bounds)[log].last;
    follower_->Follow(log, head_[log]);
  }
  hub_.Begin(head_);
  begun_ = true;
}

bool Feed::MayBeGone(const std::vector<LogSlice>& slices) const {
  if (std::chrono::steady_clock::now() - checked_ >= options_.check) return true;
  return std::ranges::any_of(slices, [&](const LogSlice& slice) { return AgeOf(head_[slice.log]) > options_.trust; });
}

absl::Status Feed::CheckNothingGone(const std::vector<LogSlice>& slices) {
  if (!MayBeGone(slices)) return absl::OkStatus();
  const auto bounds = shelf_->AllBounds();
  if (!bounds.ok()) return bounds.status();
  for (std::size_t log = 0; log < kLogs; ++log) {
    if (!(*bounds)[log].Lost(head_[log])) continue;
    return absl::DataLossError("entries were trimmed before they were read; subscribers read them from history");
  }
  checked_ = std::chrono::steady_clock::now();
  return absl::OkStatus();
}

void Feed::Round(const std::stop_token& stop) {
  const auto slices = follower_->Read(options_.block);
  if (!slices.ok()) return Failed(slices.status(), stop);
  if (absl::Status status = CheckNothingGone(*slices); !status.ok()) {
    begun_ = false;  // the follower has passed the slices, the hub never will
    return Failed(status, stop);
  }
  Succeeded();
  if (slices->empty()) return metrics_.LiveLag(std::chrono::milliseconds(0));
  Pass(*slices, stop);
}

void Feed::Pass(const std::vector<LogSlice>& slices, const std::stop_token& stop) {
  std::vector<CareRecordPtr> records;
  std::chrono::milliseconds lag{0};
  for (const LogSlice& slice : slices) {
    Digest(slice, records);
    if (!slice.entries.empty()) lag = std::max(lag, AgeOf(slice.entries.back().position));
  }
  hub_.Publish(records, head_);
  metrics_.LiveLag(lag);
  Pause(stop, options_.gather);
}

void Feed::Digest(const LogSlice& slice, std::vector<CareRecordPtr>& records) {
  for (const LogEntry& entry : slice.entries) {
    CareRecordPtr record = reader_.Read(slice.log, entry);
    head_[slice.log] = entry.position;
    if (record == nullptr) continue;
    if (!record->party) metrics_.RouteAwaited();
    records.push_back(std::move(record));
  }
}

void Feed::Failed(const absl::Status& status, const std::stop_token& stop) {
  healthy_ = false;
  metrics_.LiveFailed();
  log::Warn("feed", "the logs cannot be read; trying again",
            {{"error", status.ToString()}, {"pause_ms", pause_.count()}});
  Pause(stop, pause_);
  pause_ = std::min(pause_ * 2, options_.last_pause);
}

void Feed::Succeeded() {
  healthy_ = true;
  pause_ = options_.first_pause;
}

}  // namespace nara::broker
