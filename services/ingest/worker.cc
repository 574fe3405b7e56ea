#include "ingest/worker.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "common/log/log.h"
#include "common/mqtt/topics.h"
#include "common/rpc/error.h"
#include "common/time/text.h"
#include "ingest/crash_point.h"

namespace nara::ingest {
namespace {

// Without a reason to come earlier: a look at inboxes, should a wake-up ever be missed.
constexpr absl::Duration kIdle = absl::Milliseconds(500);
constexpr absl::Duration kWatchEach = absl::Seconds(1);

constexpr char kOverLimitDetail[] = "the device sends more than it may; what it has no receipt for is to be sent later";

bool AllDone(const std::vector<UplinkJob>& jobs) {
  return std::ranges::all_of(jobs, [](const UplinkJob& job) { return job.done(); });
}

}  // namespace

Worker::Worker(WorkerOptions options, WorkerDeps deps, std::vector<Shard> shards)
    : options_(options),
      deps_(std::move(deps)),
      coalescer_(options.receipt_interval),
      limits_(options.device_limits),
      pause_(options.first_pause, options.last_pause) {
  for (const Shard& shard : shards) {
    ShardWork work;
    work.shard = shard;
    work.position = shard.inbox->released();
    shards_.push_back(std::move(work));
  }
}

void Worker::Wake() {
  std::lock_guard lock(mutex_);
  if (std::exchange(woken_, true)) return;
  wake_.notify_one();
}

void Worker::Run(std::stop_token stop) {
  const std::stop_callback on_stop(stop, [this] { Wake(); });
  while (!stop.stop_requested()) Wait(Round());
}

bool Worker::Wait(absl::Duration timeout) {
  std::unique_lock lock(mutex_);
  deps_.clock.WaitFor(lock, wake_, timeout, [this] { return woken_; });
  return std::exchange(woken_, false);
}

absl::Duration Worker::Round() {
  if (deps_.clock.Monotonic() >= retry_at_ && deps_.source.ready() && HaveTokens()) {
    Watch();
    Gather();
    AppendAll();
    FinishShards();
    FinishSubmits();
  }
  std::vector<OutgoingReceipt> due;
  coalescer_.TakeDue(deps_.clock.Monotonic(), due);
  Send(due);
  return UntilNext();
}

absl::Duration Worker::UntilNext() const {
  const absl::Duration now = deps_.clock.Monotonic();
  absl::Duration next = std::min(kIdle, coalescer_.NextDue() - now);
  if (retry_at_ > now) return std::min(next, retry_at_ - now);
  const bool more = std::ranges::any_of(
      shards_, [](const ShardWork& work) { return !work.jobs.empty() || work.position < work.shard.inbox->end(); });
  return more && deps_.source.ready() ? absl::ZeroDuration() : std::max(next, absl::ZeroDuration());
}

bool Worker::HaveTokens() {
  for (const ShardWork& work : shards_) {
    std::atomic<std::uint64_t>& token = deps_.tokens[static_cast<std::size_t>(work.shard.number)];
    if (token != 0) continue;
    const absl::StatusOr<std::uint64_t> taken = deps_.log.TakeToken(work.shard.number, options_.lane);
    if (!taken.ok()) {
      log::Warn("ingest", "cannot take the token of a shard, trying again",
                {{"shard", work.shard.number}, {"error", ToStd(taken.status().message())}});
      Failed(taken.status());
      return false;
    }
    token = *taken;
  }
  return true;
}

void Worker::Watch() {
  const absl::Duration now = deps_.clock.Monotonic();
  if (now < watch_at_) return;
  watch_at_ = now + kWatchEach;
  // Any other error the next append tells.
  if (absl::IsDataLoss(deps_.log.Watch())) AppendKeptAgain();
}

void Worker::AppendKeptAgain() {
  limits_again_.emplace(options_.device_limits);
  for (ShardWork& work : shards_) {
    work.jobs.clear();
    work.repeated = 0;
    work.position = work.shard.inbox->kept();
  }
  for (const auto& kept : kept_submits_) {
    kept->repeated = true;
    if (kept->job.done()) kept->job.Again();
  }
}

void Worker::Gather() {
  for (ShardWork& work : shards_) {
    if (work.jobs.empty()) GatherFrames(work);
  }
  GatherSubmits();
}

void Worker::GatherFrames(ShardWork& work) {
  absl::StatusOr<InboxBatch> batch = work.shard.inbox->Read(work.position, options_.round_bytes);
  if (!batch.ok()) {
    log::Error("inbox", "cannot read", {{"shard", work.shard.number}, {"error", ToStd(batch.status().message())}});
    return BackOff();
  }
  work.batch = *std::move(batch);
  work.position = work.batch.next_position;
  for (int i = 0; i < work.batch.torn; ++i) deps_.metrics.FrameTorn();
  for (const Frame& frame : work.batch.frames) GatherFrame(work, frame);
}

void Worker::GatherFrame(ShardWork& work, const Frame& frame) {
  const bool again = frame.next_position <= work.shard.inbox->released();
  if (again && frame.topic.ends_with(TopicSuffix(TopicKind::kStatus))) return;
  std::optional<UplinkJob> job = deps_.source.FromFrame(frame);
  if (!job || !(again ? AdmitAgain(*job) : Admit(*job))) return;
  if (again) ++work.repeated;
  work.jobs.push_back(*std::move(job));
}

void Worker::GatherSubmits() {
  std::lock_guard lock(mutex_);
  for (std::unique_ptr<Submitted>& submitted : std::exchange(waiting_, {})) {
    if (Ask(limits_, submitted->job) == DeviceLimits::Answer::kTake) {
      submits_.push_back(std::move(submitted));
      continue;
    }
    deps_.metrics.RecordsOverLimit(submitted->job.size());
    submitted->receipt.set_value(
        rpc::Error(absl::StatusCode::kResourceExhausted, "TOO_MANY_RECORDS", kOverLimitDetail));
    --outstanding_;
  }
}

DeviceLimits::Answer Worker::Ask(DeviceLimits& limits, const UplinkJob& job) {
  const Origin& origin = job.origin();
  const std::size_t alarms = job.alarms();
  const auto counted = static_cast<std::int64_t>(alarms > 0 ? alarms : job.size());
  return limits.Take(origin.device, alarms > 0, counted, origin.received_at);
}

bool Worker::Admit(UplinkJob& job) {
  // What the guard tells it has limited itself.
  if (job.origin().answered) return true;
  const DeviceLimits::Answer answer = Ask(limits_, job);
  if (answer == DeviceLimits::Answer::kTake) return true;
  deps_.metrics.RecordsOverLimit(job.size());
  if (answer == DeviceLimits::Answer::kOverTold) job.PutBack({"over_limit", kOverLimitDetail});
  return answer == DeviceLimits::Answer::kOverTold;
}

bool Worker::AdmitAgain(const UplinkJob& job) {
  return job.origin().answered || Ask(*limits_again_, job) == DeviceLimits::Answer::kTake;
}

std::vector<UplinkJob*> Worker::Unfinished() {
  std::vector<UplinkJob*> jobs;
  for (const auto& kept : kept_submits_) {
    if (!kept->job.done()) jobs.push_back(&kept->job);
  }
  for (ShardWork& work : shards_) {
    for (UplinkJob& job : work.jobs) {
      if (!job.done()) jobs.push_back(&job);
    }
  }
  for (const auto& submitted : submits_) {
    if (!submitted->job.done()) jobs.push_back(&submitted->job);
  }
  return jobs;
}

void Worker::AppendAll() {
  while (true) {
    const std::vector<UplinkJob*> jobs = Unfinished();
    if (jobs.empty()) return Recover();
    if (!AppendOnce(jobs)) return;
  }
}

bool Worker::AppendOnce(const std::vector<UplinkJob*>& jobs) {
  std::vector<AppendCall> calls;
  calls.reserve(jobs.size());
  for (const UplinkJob* job : jobs) {
    calls.push_back(job->NextCall(deps_.tokens[static_cast<std::size_t>(ShardOf(job->origin().device))]));
  }
  const absl::Duration began = deps_.clock.Monotonic();
  const std::vector<AppendResult> answers = deps_.log.Append(calls);
  absl::Status failure;
  for (std::size_t i = 0; i < jobs.size(); ++i) failure.Update(TakeAnswer(*jobs[i], answers[i]));
  CrashPoint("after_append");
  if (failure.ok()) {
    deps_.metrics.AppendTook(deps_.clock.Monotonic() - began);
    Recover();
    return true;
  }
  if (absl::IsDataLoss(failure)) {
    AppendKeptAgain();
    return false;
  }
  log::Warn("ingest", "append failed, trying again", {{"count", jobs.size()}, {"error", ToStd(failure.message())}});
  Failed(failure);
  return false;
}

absl::Status Worker::TakeAnswer(UplinkJob& job, const AppendResult& answer) {
  const absl::Status status = job.Take(answer);
  if (absl::IsAborted(status)) deps_.on_shard_lost(ShardOf(job.origin().device));
  if (!absl::IsInvalidArgument(status)) return status;
  log::Error("ingest", "an uplink breaks a limit of append",
             {{"device", job.origin().device}, {"error", ToStd(status.message())}});
  job.Refuse({"unreadable", "the log cannot take this uplink"});
  return absl::OkStatus();
}

void Worker::Failed(const absl::Status& status) {
  deps_.metrics.AppendFailed(absl::IsResourceExhausted(status) ? "memory" : "log");
  BackOff();
}

void Worker::BackOff() {
  retry_at_ = deps_.clock.Monotonic() + pause_.Failed();
  stalled_ = true;
}

void Worker::Recover() {
  pause_.Reset();
  stalled_ = false;
}

void Worker::FinishShards() {
  std::vector<OutgoingReceipt> receipts;
  const absl::Duration now = deps_.clock.Monotonic();
  for (ShardWork& work : shards_) {
    if (!AllDone(work.jobs)) continue;
    for (const UplinkJob& job : work.jobs) {
      if (work.repeated > 0) {
        --work.repeated;
        AccountRepeated(job);
        continue;
      }
      Account(job);
      if (job.origin().answered) continue;
      coalescer_.Add({job.origin().device, job.origin().encoding, job.receipt()}, now, receipts);
    }
    work.jobs.clear();
  }
  Send(receipts);
  if (!receipts.empty()) CrashPoint("before_release");
  for (ShardWork& work : shards_) {
    if (work.jobs.empty()) work.shard.inbox->Release(work.position, now);
  }
}

void Worker::FinishSubmits() {
  FinishKept();
  std::size_t finished = 0;
  for (std::unique_ptr<Submitted>& submitted : submits_) {
    if (!submitted->job.done()) continue;
    Account(submitted->job);
    submitted->receipt.set_value(submitted->job.receipt());
    Keep(std::exchange(submitted, nullptr));
    ++finished;
  }
  std::erase(submits_, nullptr);
  std::lock_guard lock(mutex_);
  outstanding_ -= finished;
}

void Worker::Keep(std::unique_ptr<Submitted> submitted) {
  if (options_.keep_submits == absl::ZeroDuration()) return;
  submitted->done_at = deps_.clock.Monotonic();
  kept_submits_.push_back(std::move(submitted));
}

void Worker::FinishKept() {
  for (const auto& kept : kept_submits_) {
    if (kept->job.done() && std::exchange(kept->repeated, false)) AccountRepeated(kept->job);
  }
  const absl::Duration oldest = deps_.clock.Monotonic() - options_.keep_submits;
  while (!kept_submits_.empty() && !kept_submits_.front()->repeated &&
         (kept_submits_.front()->done_at < oldest || kept_submits_.size() > options_.most_kept_submits)) {
    kept_submits_.pop_front();
  }
}

void Worker::Account(const UplinkJob& job) {
  using What = UplinkJob::Outcome::What;
  if (job.known() && !job.origin().answered) deps_.contacts.Heard(job.origin().device, job.origin().received_at);
  for (CommandAnswer& answer : job.Answers()) deps_.on_answer(std::move(answer));
  deps_.metrics.Durable(deps_.clock.Now() - job.origin().received_at);
  for (const UplinkJob::Outcome& outcome : job.outcomes()) {
    switch (outcome.what) {
      case What::kAppended:
        deps_.metrics.RecordAppended();
        break;
      case What::kDuplicate:
        deps_.metrics.RecordDuplicate();
        break;
      case What::kBeyondWindow:
        deps_.metrics.RecordBeyondWindow();
        break;
      case What::kHeld:
        deps_.metrics.RecordHeld(outcome.reason);
        break;
      case What::kRejected:
        deps_.metrics.RecordRejected(outcome.reason);
        break;
    }
  }
}

void Worker::AccountRepeated(const UplinkJob& job) {
  for (const UplinkJob::Outcome& outcome : job.outcomes()) {
    deps_.metrics.RecordRepeated(outcome.what == UplinkJob::Outcome::What::kAppended);
  }
}

void Worker::Send(const std::vector<OutgoingReceipt>& receipts) {
  for (const OutgoingReceipt& receipt : receipts) deps_.link.SendReceipt(receipt);
}

absl::StatusOr<nara::telemetry::v1::Receipt> Worker::Submit(Origin origin, nara::telemetry::v1::Uplink uplink,
                                                            absl::Duration timeout) {
  if (!deps_.source.ready())
    return rpc::Error(absl::StatusCode::kUnavailable, "ROUTES_UNKNOWN", "the routes are not known yet; try again");
  if (stalled_) {
    return rpc::Error(absl::StatusCode::kUnavailable, "LOG_UNAVAILABLE",
                      "the log does not answer; keep the uplink and send it again");
  }
  auto submitted = std::make_unique<Submitted>(deps_.source.FromMessage(std::move(origin), std::move(uplink)));
  std::future<absl::StatusOr<nara::telemetry::v1::Receipt>> receipt = submitted->receipt.get_future();
  {
    std::lock_guard lock(mutex_);
    if (outstanding_ >= options_.max_submits) {
      return rpc::Error(absl::StatusCode::kResourceExhausted, "TOO_MANY_UPLINKS", "too many uplinks wait; try again");
    }
    ++outstanding_;
    waiting_.push_back(std::move(submitted));
  }
  Wake();
  if (receipt.wait_for(absl::ToChronoMilliseconds(timeout)) != std::future_status::ready) {
    return rpc::Error(absl::StatusCode::kDeadlineExceeded, "LOG_TIMEOUT",
                      "no answer from the log in time; sending again is harmless");
  }
  return receipt.get();
}

}  // namespace nara::ingest
