// The live feed: reads the heads of all logs and passes the records to the hub.
// Delivery does not wait for history or PostgreSQL.
//
// It begins at the logs' ends: what came before reaches subscribers by catch-up,
// from their cursors. When Redis is gone it tries again with a growing pause and goes
// on where it was. When entries were trimmed before it has read them, it begins anew:
// the hub sends who was live through catch-up, which finds them in history.
//
// Threads: one of its own, between Start and Stop.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <thread>

#include "common/time/backoff.h"
#include "common/time/clock.h"
#include "data_broker/hub.h"
#include "data_broker/record_reader.h"

namespace nara::broker {

class Feed {
 public:
  struct Options {
    // A read waits so long for the first entry.
    std::chrono::milliseconds block{500};
    // Least time between two reads: entries that come meanwhile share one. Longer:
    // fewer, larger reads and a later delivery.
    std::chrono::milliseconds gather{1};
    // Whether entries are gone is asked this often, and before what follows a
    // position older than `trust` is passed on: younger ones are never trimmed
    // (ingest's log_retention is at least a minute).
    std::chrono::milliseconds check{1000};
    std::chrono::milliseconds trust{10'000};
    // Pauses after a failure, doubling from the first to the last.
    std::chrono::milliseconds first_pause{20};
    std::chrono::milliseconds last_pause{1000};
    std::set<std::string> care_kinds;
  };
  // References must outlive it.
  struct Deps {
    std::function<std::unique_ptr<LogShelf>()> make_shelf;
    std::function<std::unique_ptr<LogSource>()> make_source;
    const Audience& audience;
    Hub& hub;
    Metrics& metrics;
    const Clock& clock;
  };

  Feed(Options options, Deps deps);
  // As Stop.
  ~Feed();

  void Start();
  // Idempotent.
  void Stop();

  // True while the last read of the logs succeeded.
  bool healthy() const { return healthy_; }

 private:
  void Run(const std::stop_token& stop);
  void Begin(const std::stop_token& stop);
  void Round(const std::stop_token& stop);
  bool MayBeGone(const std::vector<LogBatch>& batches) const;
  absl::Status CheckNothingGone(const std::vector<LogBatch>& batches);
  void Digest(const LogBatch& batch, std::vector<CareRecordPtr>& records);
  void Pass(const std::vector<LogBatch>& batches, const std::stop_token& stop);
  void Failed(const absl::Status& status, const std::stop_token& stop);
  void Succeeded();

  const Options options_;
  const Deps deps_;
  std::atomic<bool> healthy_ = false;

  // Used by the thread alone.
  const RecordReader reader_;
  std::unique_ptr<LogShelf> shelf_;
  std::unique_ptr<LogSource> source_;
  bool begun_ = false;
  Positions head_;
  absl::Duration checked_ = -absl::InfiniteDuration();  // that nothing is gone, by the monotonic clock
  Backoff<std::chrono::milliseconds> pause_;
  // Last: the thread uses everything above.
  std::jthread thread_;
};

}  // namespace nara::broker
