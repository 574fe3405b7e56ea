#include "ingest/redis_log.h"

#include <utility>

namespace nara::ingest {
namespace {

std::vector<AppendResult> All(std::size_t count, const absl::Status& status) {
  std::vector<AppendResult> results(count);
  for (AppendResult& result : results) result.status = status;
  return results;
}

}  // namespace

RedisLog::RedisLog(ShardDirectory& directory, const MemoryGuard& memory, RedisOptions options,
                   std::unique_ptr<Primary> primary)
    : directory_(directory),
      memory_(memory),
      options_(options),
      primary_(std::move(primary)),
      appender_(directory, std::move(options), [this](RedisConnection& connection) { return Look(connection); }) {}

absl::Status RedisLog::Look(RedisConnection& connection) {
  if (primary_ == nullptr) return absl::OkStatus();
  if (absl::Status status = primary_->Look(connection); !status.ok()) return status;
  return primary_->changed() ? absl::UnavailableError("redis: another server is the primary") : absl::OkStatus();
}

absl::Status RedisLog::SettleChange() {
  primary_->Settle();
  return absl::DataLossError("another Redis goes on with the logs and may lack the last of them");
}

std::vector<AppendResult> RedisLog::Append(std::span<const AppendCall> calls) {
  if (memory_.full()) {
    return All(calls.size(), absl::ResourceExhaustedError("Redis has used its memory up to this lane's limit"));
  }
  if (Changed()) return All(calls.size(), SettleChange());
  std::vector<AppendResult> results = appender_.Append(calls);
  return Changed() ? All(calls.size(), SettleChange()) : results;
}

absl::StatusOr<std::uint64_t> RedisLog::TakeToken(int shard, Lane lane) {
  const absl::StatusOr<std::string> address = directory_.AddressOf(shard);
  if (!address.ok()) return address.status();
  RedisOptions options = options_;
  options.address = *address;
  const absl::StatusOr<std::unique_ptr<RedisConnection>> connection = RedisConnection::Connect(options);
  if (!connection.ok()) return connection.status();
  const absl::Status seen = primary_ ? primary_->Look(**connection) : absl::OkStatus();
  return seen.ok() ? TakeShardToken(**connection, shard, lane) : seen;
}

absl::Status RedisLog::Watch() {
  if (primary_ == nullptr) return absl::OkStatus();
  if (watch_ == nullptr || watch_->broken()) {
    absl::StatusOr<std::unique_ptr<RedisConnection>> made = RedisConnection::Connect(options_);
    if (!made.ok()) return made.status();
    watch_ = *std::move(made);
  }
  if (absl::Status status = primary_->Look(*watch_); !status.ok()) return status;
  appender_.RequireReplicas(primary_->replicas());
  return Changed() ? SettleChange() : absl::OkStatus();
}

}  // namespace nara::ingest
