#include "data_broker/history_writer.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "common/log/log.h"
#include "data_broker/pause.h"

namespace nara::broker {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

}  // namespace

HistoryWriter::HistoryWriter(Options options, Deps deps)
    : options_(std::move(options)),
      deps_(std::move(deps)),
      reader_(options_.care_kinds, deps_.audience, deps_.metrics),
      size_(options_.max_rows),
      pause_(options_.first_pause) {}

HistoryWriter::~HistoryWriter() {
  Stop();
}

void HistoryWriter::Start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
}

void HistoryWriter::Stop() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  thread_.join();
}

void HistoryWriter::Run(const std::stop_token& stop) {
  shelf_ = deps_.make_shelf();
  follower_ = deps_.make_follower();
  while (!stop.stop_requested()) {
    if (const absl::Status status = Round(stop); !status.ok()) Failed(status, stop);
  }
}

absl::Status HistoryWriter::Round(const std::stop_token& stop) {
  const auto now = steady_clock::now();
  if (own_again_ || now - owned_at_ >= options_.renew) {
    if (absl::Status status = Own(); !status.ok()) return status;
  }
  Relabel();
  FollowAgain();
  if (held_.size() == read_.size()) {
    Pause(stop, Block());
  } else if (absl::Status status = Gather(stop); !status.ok()) {
    return status;
  }
  if (absl::Status status = Flush(); !status.ok()) return status;
  if (steady_clock::now() - committed_at_ >= options_.commit) CommitToRedis();
  return absl::OkStatus();
}

absl::Status HistoryWriter::Own() {
  const auto owned = deps_.store.Own();
  if (!owned.ok()) return owned.status();
  // Also what was given up by a failure: another broker may have it by now.
  for (std::size_t log = 0; log < kLogs; ++log) {
    if (owned->contains(log)) continue;
    follower_->Unfollow(log);
    LoseAhead(log);
  }
  for (const auto& [log, position] : *owned) {
    const auto ours = read_.find(log);
    if (ours != read_.end() && ours->second == position) continue;
    follower_->Follow(log, position);
    LoseAhead(log);
  }
  read_ = *owned;
  uncommitted_ = *owned;
  own_again_ = false;
  healthy_ = true;
  owned_at_ = steady_clock::now();
  return absl::OkStatus();
}

void HistoryWriter::LoseAhead(std::size_t log) {
  held_.erase(log);
  std::erase_if(ahead_, [log](const LogSlice& slice) { return slice.log == log; });
}

void HistoryWriter::Relabel() {
  if (steady_clock::now() < relabel_at_) return;
  const absl::Status status = deps_.relabeller.Run(deps_.store);
  if (status.ok()) return;
  relabel_at_ = steady_clock::now() + options_.last_pause;
  deps_.metrics.RelabelFailed();
  log::Warn("history", "labels cannot be corrected; trying again", {{"error", status.ToString()}});
}

// Waiting for records holds up no labels.
milliseconds HistoryWriter::Block() const {
  const bool more = deps_.relabeller.waiting() && steady_clock::now() >= relabel_at_;
  return more ? milliseconds(0) : options_.block;
}

void HistoryWriter::FollowAgain() {
  std::erase_if(held_, [this](const auto& held) {
    const auto& [log, record] = held;
    if (!deps_.audience.PartyOf(*record)) return false;
    follower_->Follow(log, read_[log]);
    return true;
  });
}

absl::Status HistoryWriter::Gather(const std::stop_token& stop) {
  if (absl::Status status = ReadInto(Block()); !status.ok()) return status;
  const auto next = flushed_at_ + options_.gather;
  const bool more = !batch_.positions.empty() && !Full();
  if (!more || steady_clock::now() >= next) return absl::OkStatus();
  Pause(stop, next - steady_clock::now());
  return ReadInto(milliseconds(0));
}

absl::Status HistoryWriter::ReadInto(milliseconds block) {
  if (ahead_.empty()) {
    auto slices = follower_->Read(block);
    if (!slices.ok()) return slices.status();
    std::ranges::move(*slices, std::back_inserter(ahead_));
  }
  DigestAhead();
  return absl::OkStatus();
}

void HistoryWriter::DigestAhead() {
  while (!ahead_.empty() && !Full()) {
    Digest(ahead_.front());
    if (ahead_.front().entries.empty()) ahead_.pop_front();
  }
}

// Leaves in the slice what the batch has no room for.
void HistoryWriter::Digest(LogSlice& slice) {
  auto entry = slice.entries.begin();
  for (; entry != slice.entries.end() && !Full(); ++entry) {
    CareRecordPtr record = reader_.Read(slice.log, *entry);
    if (record != nullptr && !record->party) {
      follower_->Unfollow(slice.log);
      held_.emplace(slice.log, std::move(record));
      return slice.entries.clear();
    }
    if (record != nullptr) batch_.rows.push_back(std::move(record));
    read_[slice.log] = batch_.positions[slice.log] = entry->position;
  }
  slice.entries.erase(slice.entries.begin(), entry);
}

milliseconds HistoryWriter::LagOfHeld() const {
  milliseconds lag{0};
  for (const auto& [log, record] : held_) lag = std::max(lag, AgeOf(record->position));
  return lag;
}

absl::Status HistoryWriter::Flush() {
  milliseconds lag = LagOfHeld();
  if (batch_.positions.empty()) {
    deps_.metrics.HistoryLag(lag);
    return absl::OkStatus();
  }
  const HistoryBatch batch = std::exchange(batch_, {});
  const auto start = steady_clock::now();
  const absl::Status status = deps_.store.Store(batch);
  if (size_.Learn(status, batch.rows.size())) deps_.metrics.HistoryHalved();
  if (!status.ok()) return status;
  flushed_at_ = steady_clock::now();
  healthy_ = true;
  pause_ = options_.first_pause;
  deps_.metrics.HistoryStored(batch.rows.size(), duration_cast<milliseconds>(flushed_at_ - start));
  for (const auto& [log, position] : batch.positions) {
    uncommitted_[log] = position;
    lag = std::max(lag, AgeOf(position));
  }
  deps_.metrics.HistoryLag(lag);
  return absl::OkStatus();
}

void HistoryWriter::CommitToRedis() {
  committed_at_ = steady_clock::now();
  if (uncommitted_.empty()) return;
  if (const absl::Status status = shelf_->Commit(uncommitted_); !status.ok()) {
    log::Warn("history", "the stored positions could not be told to Redis; logs stay longer",
              {{"error", status.ToString()}});
    return;
  }
  uncommitted_.clear();
}

// The outcome of a broken transaction is unknown: begin again from what is stored.
void HistoryWriter::Failed(const absl::Status& status, const std::stop_token& stop) {
  healthy_ = false;
  own_again_ = true;
  batch_ = {};
  read_.clear();
  held_.clear();
  ahead_.clear();
  deps_.metrics.HistoryFailed();
  log::Warn("history", "history cannot be written; trying again",
            {{"error", status.ToString()}, {"pause_ms", pause_.count()}});
  Pause(stop, pause_);
  pause_ = std::min(pause_ * 2, options_.last_pause);
}

}  // namespace nara::broker
