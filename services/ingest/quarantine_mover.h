// Carries the quarantine logs to PostgreSQL, where people look.
//
// The position of each shard's log is stored with the rows, so that an entry is there once, however often the mover
// dies. PostgreSQL may be away as long as it likes: the entries wait in the log.
//
// Threads: one of its own between Start and Stop.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "common/redis/log_reader.h"
#include "common/routes/route_table.h"
#include "ingest/metrics.h"
#include "ingest/quarantine.h"

namespace nara::ingest {

// What the mover reads from. One thread.
class QuarantineSource {
 public:
  virtual ~QuarantineSource() = default;
  virtual void Follow(int shard, Position after) = 0;
  virtual void Unfollow(int shard) = 0;
  // Waits at most `block`; empty after it.
  virtual absl::StatusOr<std::vector<LogBatch>> Read(std::chrono::milliseconds block) = 0;
  // Lets the logs forget what is behind these positions.
  virtual void Commit(const std::map<LogId, Position>& positions) = 0;
};

class QuarantineMover {
 public:
  // All must outlive it.
  QuarantineMover(QuarantineSource& source, QuarantineStore& store, const RouteTable& routes, Metrics& metrics)
      : source_(source), store_(store), routes_(routes), metrics_(metrics) {}

  void Start();
  void Stop() { thread_ = {}; }

  // Renews the leases and follows the shards that are ours.
  absl::Status Renew();
  // Carries what is there, waiting for it at most `block`.
  absl::Status Move(std::chrono::milliseconds block);

 private:
  void Run(const std::stop_token& stop);
  absl::Status Carry(const LogBatch& batch);
  QuarantineRow RowOf(int shard, const LogEntry& entry) const;

  QuarantineSource& source_;
  QuarantineStore& store_;
  const RouteTable& routes_;
  Metrics& metrics_;
  std::map<int, ShardLease> leases_;  // by shard
  std::jthread thread_;
};

}  // namespace nara::ingest
