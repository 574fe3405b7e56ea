// The logs in Redis.
#pragma once

#include <atomic>
#include <memory>
#include <span>
#include <vector>

#include "common/redis/appender.h"
#include "common/redis/connection.h"
#include "common/redis/shard_directory.h"
#include "ingest/ports.h"

namespace nara::ingest {

// How full Redis is, told by housekeeping and asked before each append.
struct MemoryGuard {
  double limit = 1.0;
  std::atomic<double> fraction{0};

  bool full() const { return fraction >= limit; }
};

// One for each worker: not thread-safe.
class RedisLog final : public LogGate {
 public:
  // `directory` and `memory` must outlive it.
  RedisLog(ShardDirectory& directory, const MemoryGuard& memory, RedisOptions options);

  std::vector<AppendResult> Append(std::span<const AppendCall> calls) override;
  absl::StatusOr<std::uint64_t> TakeToken(int shard, Lane lane) override;

 private:
  ShardDirectory& directory_;
  const MemoryGuard& memory_;
  const RedisOptions options_;
  Appender appender_;
};

}  // namespace nara::ingest
