#include "ingest/redis_log.h"

#include <utility>

namespace nara::ingest {

RedisLog::RedisLog(ShardDirectory& directory, const MemoryGuard& memory, RedisOptions options)
    : directory_(directory), memory_(memory), options_(options), appender_(directory, std::move(options)) {}

std::vector<AppendResult> RedisLog::Append(std::span<const AppendCall> calls) {
  if (!memory_.full()) return appender_.Append(calls);
  std::vector<AppendResult> refused(calls.size());
  for (AppendResult& result : refused) {
    result.status = absl::ResourceExhaustedError("Redis has used its memory up to this lane's limit");
  }
  return refused;
}

absl::StatusOr<std::uint64_t> RedisLog::TakeToken(int shard, Lane lane) {
  const absl::StatusOr<std::string> address = directory_.AddressOf(shard);
  if (!address.ok()) return address.status();
  RedisOptions options = options_;
  options.address = *address;
  const absl::StatusOr<std::unique_ptr<RedisConnection>> connection = RedisConnection::Connect(options);
  if (!connection.ok()) return connection.status();
  return TakeShardToken(**connection, shard, lane);
}

}  // namespace nara::ingest
