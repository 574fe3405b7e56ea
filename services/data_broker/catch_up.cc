#include "data_broker/catch_up.h"

#include <algorithm>
#include <utility>

#include "common/log/log.h"

namespace nara::broker {

// What one thread has of its own.
class CatchUp::Worker {
 public:
  // What a piece came to.
  enum class Step {
    kOn,     // there is more
    kFull,   // the queue is
    kLive,   // done
    kPause,  // try again later
  };

  explicit Worker(CatchUp& owner)
      : owner_(owner),
        shelf_(owner.deps_.make_shelf()),
        reader_(owner_.options_.care_kinds, owner_.deps_.audience, owner_.deps_.metrics) {}

  Step Piece(Job& job);

 private:
  Step ReadHistory(Job& job, Positions at, std::size_t room);
  Step ReadLog(Job& job, const Positions& at, std::size_t room);
  void Digest(Job& job, Positions at, std::span<const LogEntry> entries);
  Step NextLog(Job& job);
  bool Stored(Job& job);
  Step Failed(const absl::Status& status);
  void Fill(Job& job, std::span<const CareRecordPtr> records, const Positions& considered);

  CatchUp& owner_;
  const std::unique_ptr<LogShelf> shelf_;
  const RecordReader reader_;
};

CatchUp::Worker::Step CatchUp::Worker::Piece(Job& job) {
  if (owner_.deps_.hub.Join(job.subscription)) return Step::kLive;
  const std::size_t room = std::min(job.subscription->Room(), owner_.options_.piece);
  if (room == 0) return Step::kFull;
  // Without PostgreSQL the log may be enough: ReadLog finds out.
  if (!job.stored) Stored(job);
  const Positions at = job.subscription->considered();
  if (job.stored && at[job.log()] < (*job.stored)[job.log()]) return ReadHistory(job, at, room);
  return ReadLog(job, at, room);
}

bool CatchUp::Worker::Stored(Job& job) {
  absl::StatusOr<Positions> stored = owner_.deps_.history.Stored();
  if (!stored.ok()) return false;
  job.stored = *std::move(stored);
  return true;
}

CatchUp::Worker::Step CatchUp::Worker::ReadHistory(Job& job, Positions at, std::size_t room) {
  const Wish& wish = job.subscription->wish();
  ReplayQuery query{.log = job.log(), .after = at[job.log()], .until = (*job.stored)[job.log()]};
  query.reach = owner_.deps_.audience.ReachOf(wish.caller);
  query.kinds = wish.kinds;
  query.limit = room;
  const absl::StatusOr<std::vector<CareRecordPtr>> rows = owner_.deps_.history.Replay(query);
  if (!rows.ok()) return Failed(rows.status());
  at[job.log()] = rows->size() < room ? query.until : rows->back()->position;
  job.moved = true;
  Fill(job, *rows, at);
  return Step::kOn;
}

CatchUp::Worker::Step CatchUp::Worker::ReadLog(Job& job, const Positions& at, std::size_t room) {
  const auto entries = shelf_->ReadAfter(job.log(), at[job.log()], room);
  if (!entries.ok()) return Failed(entries.status());
  // Asked after the read: what is there now was there then.
  const auto bounds = shelf_->Bounds(job.log());
  if (!bounds.ok()) return Failed(bounds.status());
  if (bounds->Lost(at[job.log()])) {
    // Nothing is trimmed that history does not have, so either history has more by
    // now or nothing is missing.
    if (!Stored(job)) return Failed(absl::UnavailableError("older than the log, and no history"));
    if (at[job.log()] < (*job.stored)[job.log()]) return Step::kOn;
  }
  Digest(job, at, *entries);
  return entries->size() < room ? NextLog(job) : Step::kOn;
}

void CatchUp::Worker::Digest(Job& job, Positions at, std::span<const LogEntry> entries) {
  std::vector<CareRecordPtr> records;
  for (const LogEntry& entry : entries) {
    if (CareRecordPtr record = reader_.Read(job.log(), entry)) records.push_back(std::move(record));
    at[job.log()] = entry.position;
    job.moved = true;
  }
  Fill(job, records, at);
}

CatchUp::Worker::Step CatchUp::Worker::NextLog(Job& job) {
  if (++job.next < kLogs) return Step::kOn;
  const bool moved = job.moved;
  job = Job{.subscription = job.subscription};
  return moved ? Step::kOn : Step::kPause;
}

CatchUp::Worker::Step CatchUp::Worker::Failed(const absl::Status& status) {
  owner_.deps_.metrics.CatchUpFailed();
  log::Warn("catch_up", "a read failed and is repeated", {{"error", status.ToString()}});
  return Step::kPause;
}

void CatchUp::Worker::Fill(Job& job, std::span<const CareRecordPtr> records, const Positions& considered) {
  if (job.subscription->Fill(records, considered)) owner_.wake_(job.subscription);
}

CatchUp::CatchUp(Options options, Deps deps) : options_(std::move(options)), deps_(std::move(deps)) {}

CatchUp::~CatchUp() {
  Stop();
}

void CatchUp::Start() {
  for (std::size_t i = 0; i < options_.threads; ++i) {
    threads_.emplace_back([this](const std::stop_token& stop) { Run(stop); });
  }
}

void CatchUp::Stop() {
  for (std::jthread& thread : threads_) thread.request_stop();
  threads_.clear();
}

void CatchUp::Feed(const SubscriptionPtr& subscription) {
  if (!subscription->closed() && subscription->ClaimCatchUp()) Back({.subscription = subscription});
}

void CatchUp::Back(Job job) {
  const std::lock_guard lock(mutex_);
  jobs_.push_back(std::move(job));
  changed_.notify_one();
}

std::optional<CatchUp::Job> CatchUp::Next(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    const absl::Duration now = deps_.clock.Monotonic();
    const auto due = std::ranges::find_if(jobs_, [&](const Job& job) { return job.not_before <= now; });
    if (due != jobs_.end()) {
      Job job = std::move(*due);
      jobs_.erase(due);
      return job;
    }
    const std::size_t waiting = jobs_.size();
    changed_.wait_for(lock, stop, options_.retry_after / 4, [&] { return jobs_.size() != waiting; });
  }
  return std::nullopt;
}

void CatchUp::GiveUp(const SubscriptionPtr& subscription) {
  // The queue may have been emptied meanwhile, and nobody would ask again.
  if (subscription->ReleaseCatchUp()) Feed(subscription);
}

void CatchUp::Run(const std::stop_token& stop) {
  Worker worker(*this);
  while (std::optional<Job> job = Next(stop)) {
    if (job->subscription->closed()) continue;
    const Worker::Step step = worker.Piece(*job);
    if (job->subscription->pending()) wake_(job->subscription);
    if (step == Worker::Step::kFull || step == Worker::Step::kLive) {
      GiveUp(job->subscription);
      continue;
    }
    if (step == Worker::Step::kPause) {
      job->not_before = deps_.clock.Monotonic() + absl::FromChrono(options_.retry_after);
    }
    Back(*std::move(job));
  }
}

}  // namespace nara::broker
