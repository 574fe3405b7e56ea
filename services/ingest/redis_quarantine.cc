#include "ingest/redis_quarantine.h"

#include "common/redis/retention.h"

namespace nara::ingest {

void RedisQuarantineSource::Commit(const std::map<LogId, Position>& positions) {
  if (!connection_ || connection_->broken()) {
    absl::StatusOr<std::unique_ptr<RedisConnection>> made = RedisConnection::Connect(options_);
    if (!made.ok()) return;  // told with the next entries: only retention waits for it
    connection_ = *std::move(made);
  }
  CommitPositions(*connection_, "quarantine-mover", positions).IgnoreError();
}

}  // namespace nara::ingest
