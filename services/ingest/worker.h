// Carries the frames of some shards from their inboxes to the log, and answers.
//
// One round: read what is new in each inbox, judge it, append all of it in one pipeline, send the receipts, release the
// frames. A round holds many uplinks when much comes and one when little does, so that neither waits. When Redis does
// not answer, the frames of that round are tried again, in order, with a growing pause; nothing is receipted or
// released meanwhile, and the inbox fills. When another Redis goes on with the logs, what the inboxes have kept is
// appended again before anything new, without receipts: what it has is a duplicate.
//
// Threads: Run is one thread's; Wake and Submit may be called from any.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/time/backoff.h"
#include "common/time/clock.h"
#include "ingest/contact_book.h"
#include "ingest/device_limits.h"
#include "ingest/inbox.h"
#include "ingest/job_source.h"
#include "ingest/metrics.h"
#include "ingest/ports.h"
#include "ingest/receipt_coalescer.h"
#include "ingest/tokens.h"
#include "ingest/uplink_job.h"

namespace nara::ingest {

struct WorkerOptions {
  Lane lane = Lane::kMeasurement;
  // Bytes read from one inbox in a round. More makes a round of a flood cheaper and its first receipt later.
  std::size_t round_bytes = 128 << 10;
  // Least time between two receipts of a device; zero for the alarm lane. Longer costs devices memory, shorter costs
  // the MQTT server work.
  absl::Duration receipt_interval = absl::Milliseconds(20);
  // Pause after a failed append: the first, doubled up to the last.
  absl::Duration first_pause = absl::Milliseconds(20);
  absl::Duration last_pause = absl::Seconds(1);
  // Uplinks of Submit that may wait; more are refused.
  std::size_t max_submits = 1024;
  // How long an uplink of Submit stays in memory after it was appended, to be appended again when another Redis goes
  // on, since it is in no inbox; and how many at the most, of some kB each.
  absl::Duration keep_submits = absl::ZeroDuration();
  std::size_t most_kept_submits = 4096;
  DeviceLimitOptions device_limits = {};
};

struct WorkerDeps {
  const JobSource& source;
  LogGate& log;  // this worker's own
  DeviceLink& link;
  ContactBook& contacts;
  ShardTokens& tokens;
  const Clock& clock;
  Metrics& metrics;
  // Another process has taken over one of our shards: this one must end.
  std::function<void(int shard)> on_shard_lost;
  // A device has answered a command; must not block.
  std::function<void(CommandAnswer)> on_answer = {};
};

class Worker {
 public:
  struct Shard {
    int number = 0;
    Inbox* inbox = nullptr;
  };

  Worker(WorkerOptions options, WorkerDeps deps, std::vector<Shard> shards);

  // Until stop is requested. What is not in a log then is read again at the next start.
  void Run(std::stop_token stop);

  // Something is in an inbox.
  void Wake();

  // Takes an uplink as a message and waits until it is durable, at most until `timeout` has passed. ResourceExhausted
  // when too many wait, Unavailable at once while Redis is known not to answer, so that the callers' threads are not
  // held; ResourceExhausted too when the device has sent too much; DeadlineExceeded when it did not answer in time:
  // then it may have been taken, and sending again is harmless.
  absl::StatusOr<nara::telemetry::v1::Receipt> Submit(Origin origin, nara::telemetry::v1::Uplink uplink,
                                                      absl::Duration timeout);

  // True from a failed append until one succeeds. Any thread.
  bool stalled() const { return stalled_; }

  // One round, for tests. Returns when to come again at the latest.
  absl::Duration Round();

 private:
  // What one shard has under way.
  struct ShardWork {
    Shard shard;
    std::uint64_t position = 0;  // from where to read on
    InboxBatch batch;
    std::vector<UplinkJob> jobs;
    std::size_t repeated = 0;  // the first of the jobs: released before, and appended again
  };
  struct Submitted {
    explicit Submitted(UplinkJob uplink) : job(std::move(uplink)) {}
    UplinkJob job;
    std::promise<absl::StatusOr<nara::telemetry::v1::Receipt>> receipt;
    absl::Duration done_at;  // monotonic
    bool repeated = false;   // is appended again
  };

  void Gather();
  void GatherFrames(ShardWork& work);
  void GatherSubmits();
  void GatherFrame(ShardWork& work, const Frame& frame);
  static DeviceLimits::Answer Ask(DeviceLimits& limits, const UplinkJob& job);
  // False when nothing is to become of the job. One in some is to, since people must see it.
  bool Admit(UplinkJob& job);
  // The same for one that is appended again: true for each that was admitted then.
  bool AdmitAgain(const UplinkJob& job);
  void Watch();
  void AppendKeptAgain();
  bool HaveTokens();
  std::vector<UplinkJob*> Unfinished();
  // One pipeline of calls for everything unfinished. False when it must be tried again later.
  bool AppendOnce(const std::vector<UplinkJob*>& jobs);
  absl::Status TakeAnswer(UplinkJob& job, const AppendResult& answer);
  void AppendAll();
  void FinishShards();
  void FinishSubmits();
  void Keep(std::unique_ptr<Submitted> submitted);
  void FinishKept();
  void Account(const UplinkJob& job);
  void AccountRepeated(const UplinkJob& job);
  void Send(const std::vector<OutgoingReceipt>& receipts);
  void BackOff();
  void Failed(const absl::Status& status);
  void Recover();
  absl::Duration UntilNext() const;
  bool Wait(absl::Duration timeout);

  const WorkerOptions options_;
  const WorkerDeps deps_;

  // Run's own:
  std::vector<ShardWork> shards_;
  std::vector<std::unique_ptr<Submitted>> submits_;  // being appended
  std::deque<std::unique_ptr<Submitted>> kept_submits_;
  ReceiptCoalescer coalescer_;
  DeviceLimits limits_;
  std::optional<DeviceLimits> limits_again_;  // full when appending again begins
  Backoff<absl::Duration> pause_;
  absl::Duration retry_at_ = absl::ZeroDuration();  // monotonic
  absl::Duration watch_at_ = absl::ZeroDuration();  // monotonic

  std::atomic<bool> stalled_ = false;  // the last append failed, written by Run

  std::mutex mutex_;
  std::condition_variable wake_;
  bool woken_ = false;                               // guarded by mutex_
  std::vector<std::unique_ptr<Submitted>> waiting_;  // guarded by mutex_
  std::size_t outstanding_ = 0;                      // uplinks of Submit without an answer, guarded by mutex_
};

}  // namespace nara::ingest
