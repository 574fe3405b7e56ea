// Copies care data from the logs to history, each record once, position and rows in
// one transaction.
//
// It writes the shards whose leases it holds. The first record after a quiet time is
// committed at once; under load a commit gathers what came within `gather`, at most
// `max_rows`, and fewer while PostgreSQL is too slow for so many. When PostgreSQL or
// Redis is gone it tries again with a growing pause, from the position that PostgreSQL
// knows: logs keep what is not stored.
//
// Rows carry whose they were, and who answered, when they were written, and with them is
// stored who is told of the corrections since a record's route (holder.h). A record that
// came before its route holds its log until the route is there, so that history has a
// label that was right once for every row, and whoever replays it misses none. When a
// route changes, the
// same thread corrects the rows of that device between two batches, so that no batch
// with an older label can be committed behind the correction. Labels that cannot be
// corrected stop no batch.
//
// Threads: one of its own, between Start and Stop.
#pragma once

#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <thread>

#include "common/time/backoff.h"
#include "common/time/clock.h"
#include "data_broker/batch_size.h"
#include "data_broker/record_reader.h"
#include "data_broker/relabeller.h"

namespace nara::broker {

class HistoryWriter {
 public:
  struct Options {
    std::chrono::milliseconds block{500};
    std::chrono::milliseconds gather{20};
    std::size_t max_rows = 1000;
    // Leases are renewed, and those of others' shards asked for, this often.
    std::chrono::milliseconds renew{2000};
    // Redis is told of what is stored this often, for trimming.
    std::chrono::milliseconds commit{1000};
    std::chrono::milliseconds first_pause{50};
    std::chrono::milliseconds last_pause{2000};
    std::set<std::string> care_kinds;
  };

  struct Deps {
    std::function<std::unique_ptr<LogShelf>()> make_shelf;
    std::function<std::unique_ptr<LogSource>()> make_source;
    HistoryWriterStore& store;
    const Audience& audience;
    Relabeller& relabeller;
    Metrics& metrics;
    const Clock& clock;
  };

  HistoryWriter(Options options, Deps deps);
  // As Stop.
  ~HistoryWriter();

  void Start();
  // Idempotent.
  void Stop();

  // True while the last transaction succeeded.
  bool healthy() const { return healthy_; }

 private:
  void Run(const std::stop_token& stop);
  absl::Status Round(const std::stop_token& stop);
  absl::Status Own();
  void LoseAhead(LogId log);
  void Relabel();
  std::chrono::milliseconds Block() const;
  absl::Status Gather(const std::stop_token& stop);
  absl::Status ReadInto(std::chrono::milliseconds block);
  bool Full() const { return batch_.rows.size() >= size_.now(); }
  void DigestAhead();
  void Digest(LogBatch& read);
  void Add(CareRecordPtr record);
  // Reads on in the logs whose records' routes have come.
  void FollowAgain();
  std::chrono::milliseconds LagOfHeld() const;
  absl::Status Flush();
  void CommitToRedis();
  void Failed(const absl::Status& status, const std::stop_token& stop);

  const Options options_;
  const Deps deps_;
  std::atomic<bool> healthy_ = false;

  // Used by the thread alone.
  const RecordReader reader_;
  std::unique_ptr<LogShelf> shelf_;
  std::unique_ptr<LogSource> source_;
  std::map<LogId, Position> read_;  // of our logs: digested, perhaps not stored
  std::deque<LogBatch> ahead_;      // read, not digested: what the batch had no room for
  HistoryBatch batch_;
  BatchSize size_;
  std::map<LogId, CareRecordPtr> held_;  // logs that are held, and the record that waits
  bool own_again_ = true;
  // By the monotonic clock.
  absl::Duration owned_at_ = -absl::InfiniteDuration();
  absl::Duration flushed_at_ = -absl::InfiniteDuration();
  absl::Duration committed_at_ = -absl::InfiniteDuration();
  absl::Duration relabel_at_ = -absl::InfiniteDuration();  // not before
  std::map<LogId, Position> uncommitted_;                  // stored, not told to Redis
  Backoff<std::chrono::milliseconds> pause_;
  // Last: the thread uses everything above.
  std::jthread thread_;
};

}  // namespace nara::broker
