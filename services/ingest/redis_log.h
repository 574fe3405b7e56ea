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
#include "ingest/primary.h"

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
  // `directory` and `memory` must outlive it. `primary` looks who goes on with the logs; null for one server that is
  // always the same.
  RedisLog(ShardDirectory& directory, const MemoryGuard& memory, RedisOptions options,
           std::unique_ptr<Primary> primary = nullptr);

  std::vector<AppendResult> Append(std::span<const AppendCall> calls) override;
  absl::StatusOr<std::uint64_t> TakeToken(int shard, Lane lane) override;
  absl::Status Watch() override;

 private:
  absl::Status Look(RedisConnection& connection);
  bool Changed() const { return primary_ != nullptr && primary_->changed(); }
  absl::Status SettleChange();

  ShardDirectory& directory_;
  const MemoryGuard& memory_;
  const RedisOptions options_;
  const std::unique_ptr<Primary> primary_;
  Appender appender_;
  std::unique_ptr<RedisConnection> watch_;
};

}  // namespace nara::ingest
