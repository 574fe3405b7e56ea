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
  using ShelfFactory = std::function<std::unique_ptr<LogShelf>()>;
  using FollowerFactory = std::function<std::unique_ptr<LogFollower>()>;

  // References must outlive it.
  Feed(Options options, ShelfFactory make_shelf, FollowerFactory make_follower, const Audience& audience, Hub& hub,
       Metrics& metrics);
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
  bool MayBeGone(const std::vector<LogSlice>& slices) const;
  absl::Status CheckNothingGone(const std::vector<LogSlice>& slices);
  void Digest(const LogSlice& slice, std::vector<CareRecordPtr>& records);
  void Pass(const std::vector<LogSlice>& slices, const std::stop_token& stop);
  void Failed(const absl::Status& status, const std::stop_token& stop);
  void Succeeded();

  const Options options_;
  const ShelfFactory make_shelf_;
  const FollowerFactory make_follower_;
  Hub& hub_;
  Metrics& metrics_;
  std::atomic<bool> healthy_ = false;

  // Used by the thread alone.
  const RecordReader reader_;
  std::unique_ptr<LogShelf> shelf_;
  std::unique_ptr<LogFollower> follower_;
  bool begun_ = false;
  Positions head_;
  std::chrono::steady_clock::time_point checked_;  // that nothing is gone
  std::chrono::milliseconds pause_;
  // Last: the thread uses everything above.
  std::jthread thread_;
};

}  // namespace nara::broker
