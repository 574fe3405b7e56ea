#include "data_broker/history_writer.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "common/log/log.h"
#include "common/time/pause.h"

namespace nara::broker {

using std::chrono::milliseconds;

HistoryWriter::HistoryWriter(Options options, Deps deps)
    : options_(std::move(options)),
      deps_(std::move(deps)),
      reader_(options_.care_kinds, deps_.audience, deps_.metrics),
      size_(options_.max_rows),
      pause_(options_.first_pause, options_.last_pause) {}

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
  source_ = deps_.make_source();
  while (!stop.stop_requested()) {
    if (const absl::Status status = Round(stop); !status.ok()) Failed(status, stop);
  }
}

absl::Status HistoryWriter::Round(const std::stop_token& stop) {
  if (own_again_ || deps_.clock.Monotonic() - owned_at_ >= absl::FromChrono(options_.renew)) {
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
  if (deps_.clock.Monotonic() - committed_at_ >= absl::FromChrono(options_.commit)) CommitToRedis();
  return absl::OkStatus();
}

absl::Status HistoryWriter::Own() {
  const auto owned = deps_.store.Own();
  if (!owned.ok()) return owned.status();
  // Also what was given up by a failure: another broker may have it by now.
  for (std::size_t i = 0; i < kLogs; ++i) {
    const LogId log = LogAt(i);
    if (owned->contains(log)) continue;
    source_->Unfollow(log);
    LoseAhead(log);
  }
  for (const auto& [log, position] : *owned) {
    const auto ours = read_.find(log);
    if (ours != read_.end() && ours->second == position) continue;
    source_->Follow(log, position);
    LoseAhead(log);
  }
  read_ = *owned;
  uncommitted_ = *owned;
  own_again_ = false;
  healthy_ = true;
  owned_at_ = deps_.clock.Monotonic();
  return absl::OkStatus();
}

void HistoryWriter::LoseAhead(LogId log) {
  held_.erase(log);
  std::erase_if(ahead_, [log](const LogBatch& read) { return read.log == log; });
}

void HistoryWriter::Relabel() {
  if (deps_.clock.Monotonic() < relabel_at_) return;
  const absl::Status status = deps_.relabeller.Run(deps_.store);
  if (status.ok()) return;
  relabel_at_ = deps_.clock.Monotonic() + absl::FromChrono(options_.last_pause);
  deps_.metrics.RelabelFailed();
  log::Warn("history", "labels cannot be corrected; trying again", {{"error", status.ToString()}});
}

// Waiting for records holds up no labels.
milliseconds HistoryWriter::Block() const {
  const bool more = deps_.relabeller.waiting() && deps_.clock.Monotonic() >= relabel_at_;
  return more ? milliseconds(0) : options_.block;
}

void HistoryWriter::FollowAgain() {
  std::erase_if(held_, [this](const auto& held) {
    const auto& [log, record] = held;
    if (!deps_.audience.HolderOf(*record)) return false;
    source_->Follow(log, read_[log]);
    return true;
  });
}

absl::Status HistoryWriter::Gather(const std::stop_token& stop) {
  if (absl::Status status = ReadInto(Block()); !status.ok()) return status;
  const absl::Duration rest = flushed_at_ + absl::FromChrono(options_.gather) - deps_.clock.Monotonic();
  const bool more = !batch_.positions.empty() && !Full();
  if (!more || rest <= absl::ZeroDuration()) return absl::OkStatus();
  Pause(stop, absl::ToChronoNanoseconds(rest));
  return ReadInto(milliseconds(0));
}

absl::Status HistoryWriter::ReadInto(milliseconds block) {
  if (ahead_.empty()) {
    auto batches = source_->Read(block);
    if (!batches.ok()) return batches.status();
    std::ranges::move(*batches, std::back_inserter(ahead_));
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

// Leaves what the batch has no room for.
void HistoryWriter::Digest(LogBatch& read) {
  auto entry = read.entries.begin();
  for (; entry != read.entries.end() && !Full(); ++entry) {
    CareRecordPtr record = reader_.Read(read.log, *entry);
    if (record != nullptr && !record->party) {
      source_->Unfollow(read.log);
      held_.emplace(read.log, std::move(record));
      return read.entries.clear();
    }
    if (record != nullptr) Add(std::move(record));
    read_[read.log] = batch_.positions[read.log] = entry->position;
  }
  read.entries.erase(read.entries.begin(), entry);
}

// What was read before a correction is stored as it is since then. Who received it live
// in between is told.
void HistoryWriter::Add(CareRecordPtr record) {
  std::optional<Judgement> judgement = deps_.audience.JudgementOf(*record);
  if (judgement && !(judgement->holder == Holder{record->assignment, record->resident, *record->party})) {
    auto corrected = std::make_shared<CareRecord>(*record);
    corrected->assignment = std::move(judgement->holder.assignment);
    corrected->resident = std::move(judgement->holder.resident);
    corrected->party = std::move(judgement->holder.party);
    record = std::move(corrected);
  }
  if (judgement) std::ranges::move(judgement->notices, std::back_inserter(batch_.notices));
  batch_.rows.push_back(std::move(record));
}

milliseconds HistoryWriter::LagOfHeld() const {
  milliseconds lag{0};
  for (const auto& [log, record] : held_) lag = std::max(lag, AgeOf(record->position, deps_.clock.Now()));
  return lag;
}

absl::Status HistoryWriter::Flush() {
  milliseconds lag = LagOfHeld();
  if (batch_.positions.empty()) {
    deps_.metrics.HistoryLag(lag);
    return absl::OkStatus();
  }
  const HistoryBatch batch = std::exchange(batch_, {});
  const absl::Duration start = deps_.clock.Monotonic();
  const absl::Status status = deps_.store.Store(batch);
  if (size_.Learn(status, batch.rows.size())) deps_.metrics.HistoryHalved();
  if (!status.ok()) return status;
  flushed_at_ = deps_.clock.Monotonic();
  healthy_ = true;
  pause_.Reset();
  deps_.metrics.HistoryStored(batch.rows.size(), absl::ToChronoMilliseconds(flushed_at_ - start));
  for (const auto& [log, position] : batch.positions) {
    uncommitted_[log] = position;
    lag = std::max(lag, AgeOf(position, deps_.clock.Now()));
  }
  deps_.metrics.HistoryLag(lag);
  return absl::OkStatus();
}

void HistoryWriter::CommitToRedis() {
  committed_at_ = deps_.clock.Monotonic();
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
  const milliseconds pause = pause_.Failed();
  log::Warn("history", "history cannot be written; trying again",
            {{"error", status.ToString()}, {"pause_ms", pause.count()}});
  Pause(stop, pause);
}

}  // namespace nara::broker
