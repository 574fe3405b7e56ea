// The quarantine logs in Redis, as the mover reads them.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "common/redis/connection.h"
#include "common/redis/log_reader.h"
#include "ingest/quarantine_mover.h"

namespace nara::ingest {

class RedisQuarantineSource final : public QuarantineSource {
 public:
  explicit RedisQuarantineSource(RedisOptions options) : options_(options), reader_(std::move(options), 128) {}

  void Follow(int shard, Position after) override { reader_.Follow({shard, Log::kQuarantine}, after); }
  void Unfollow(int shard) override { reader_.Unfollow({shard, Log::kQuarantine}); }
  absl::StatusOr<std::vector<LogBatch>> Read(std::chrono::milliseconds block) override { return reader_.Read(block); }
  void Commit(const std::map<LogId, Position>& positions) override;

 private:
  const RedisOptions options_;
  LogReader reader_;
  std::unique_ptr<RedisConnection> connection_;
};

}  // namespace nara::ingest
