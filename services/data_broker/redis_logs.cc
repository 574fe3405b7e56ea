#include "data_broker/redis_logs.h"

#include <utility>
#include <vector>

#include "common/redis/log_reader.h"
#include "common/redis/retention.h"

namespace nara::broker {
namespace {

constexpr std::size_t kEntriesPerLog = 512;
constexpr std::string_view kConsumer = "data-broker";

LogId IdOf(std::size_t log) {
  return {.shard = static_cast<int>(ShardOf(log)),
          .log = LaneOf(log) == LogLane::kAlarm ? Log::kAlarm : Log::kMeasurement};
}

std::size_t IndexOf(LogId id) {
  const LogLane lane = id.log == Log::kAlarm ? LogLane::kAlarm : LogLane::kMeasurement;
  return LogIndex(lane, static_cast<std::size_t>(id.shard));
}

class RedisFollower final : public LogFollower {
 public:
  explicit RedisFollower(const RedisOptions& options) : reader_(options, kEntriesPerLog) {}

  void Follow(std::size_t log, Position after) override { reader_.Follow(IdOf(log), after); }
  void Unfollow(std::size_t log) override { reader_.Unfollow(IdOf(log)); }

  absl::StatusOr<std::vector<LogSlice>> Read(std::chrono::milliseconds block) override {
    auto batches = reader_.Read(block);
    if (!batches.ok()) return batches.status();
    std::vector<LogSlice> slices;
    for (LogBatch& batch : *batches) {
      slices.push_back({.log = IndexOf(batch.log), .entries = std::move(batch.entries)});
    }
    return slices;
  }

 private:
  LogReader reader_;
};

class RedisShelf final : public LogShelf {
 public:
  explicit RedisShelf(RedisOptions options) : options_(std::move(options)) {}

  absl::StatusOr<std::vector<LogEntry>> ReadAfter(std::size_t log, Position after, std::size_t count) override {
    if (absl::Status status = Connect(); !status.ok()) return status;
    return ReadRange(*connection_, IdOf(log), after, count);
  }

  absl::StatusOr<LogBounds> Bounds(std::size_t log) override {
    if (absl::Status status = Connect(); !status.ok()) return status;
    return ReadBounds(*connection_, IdOf(log));
  }

  absl::StatusOr<std::vector<LogBounds>> AllBounds() override;
  absl::Status Commit(const std::map<std::size_t, Position>& stored) override;

 private:
  absl::Status Connect() {
    if (connection_ != nullptr && !connection_->broken()) return absl::OkStatus();
    auto connection = RedisConnection::Connect(options_);
    if (!connection.ok()) return connection.status();
    connection_ = *std::move(connection);
    return absl::OkStatus();
  }

  const RedisOptions options_;
  std::unique_ptr<RedisConnection> connection_;
};

absl::StatusOr<std::vector<LogBounds>> RedisShelf::AllBounds() {
  if (absl::Status status = Connect(); !status.ok()) return status;
  std::vector<LogId> ids(kLogs);
  for (std::size_t log = 0; log < kLogs; ++log) ids[log] = IdOf(log);
  const auto bounds = ReadBounds(*connection_, ids);
  if (!bounds.ok()) return bounds.status();
  std::vector<LogBounds> all(kLogs);
  for (const auto& [id, of_log] : *bounds) all[IndexOf(id)] = of_log;
  return all;
}

absl::Status RedisShelf::Commit(const std::map<std::size_t, Position>& stored) {
  if (absl::Status status = Connect(); !status.ok()) return status;
  std::map<LogId, Position> positions;
  for (const auto& [log, position] : stored) positions.emplace(IdOf(log), position);
  return CommitPositions(*connection_, kConsumer, positions);
}

}  // namespace

std::unique_ptr<LogFollower> MakeRedisFollower(const RedisOptions& options) {
  return std::make_unique<RedisFollower>(options);
}

std::unique_ptr<LogShelf> MakeRedisShelf(const RedisOptions& options) {
  return std::make_unique<RedisShelf>(options);
}

}  // namespace nara::broker
