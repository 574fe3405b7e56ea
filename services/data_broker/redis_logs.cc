#include "data_broker/redis_logs.h"

#include <utility>
#include <vector>

#include "common/redis/log_reader.h"
#include "common/redis/retention.h"

namespace nara::broker {
namespace {

constexpr std::string_view kConsumer = "data-broker";

class RedisShelf final : public LogShelf {
 public:
  explicit RedisShelf(RedisOptions options) : options_(std::move(options)) {}

  absl::StatusOr<std::vector<LogEntry>> ReadAfter(LogId log, Position after, std::size_t count) override {
    if (absl::Status status = Connect(); !status.ok()) return status;
    return ReadRange(*connection_, log, after, count);
  }

  absl::StatusOr<LogBounds> Bounds(LogId log) override {
    if (absl::Status status = Connect(); !status.ok()) return status;
    return ReadBounds(*connection_, log);
  }

  absl::StatusOr<std::map<LogId, LogBounds>> AllBounds() override;
  absl::Status Commit(const std::map<LogId, Position>& stored) override;

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

absl::StatusOr<std::map<LogId, LogBounds>> RedisShelf::AllBounds() {
  if (absl::Status status = Connect(); !status.ok()) return status;
  std::vector<LogId> logs;
  for (std::size_t log = 0; log < kLogs; ++log) logs.push_back(LogAt(log));
  return ReadBounds(*connection_, logs);
}

absl::Status RedisShelf::Commit(const std::map<LogId, Position>& stored) {
  if (absl::Status status = Connect(); !status.ok()) return status;
  return CommitPositions(*connection_, kConsumer, stored);
}

}  // namespace

std::unique_ptr<LogShelf> MakeRedisShelf(const RedisOptions& options) {
  return std::make_unique<RedisShelf>(options);
}

}  // namespace nara::broker
