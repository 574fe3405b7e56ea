#pragma once

// Reading the logs: live (XREAD BLOCK over many logs of one server) and from a
// position (XRANGE). Nothing is marked in Redis by reading; who consumes keeps its
// position in PostgreSQL, in the transaction of the effect.

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/redis/connection.h"
#include "common/redis/keys.h"
#include "common/redis/position.h"

namespace nara {

struct LogEntry {
  Position position;
  std::string payload;  // serialized LogRecord or Quarantined
};

// Entries of one log, in its order.
struct LogBatch {
  LogId log;
  std::vector<LogEntry> entries;
};

// Follows the heads of logs. Not thread-safe: one for each thread.
class LogSource {
 public:
  virtual ~LogSource() = default;

  // From now on Read gives the entries behind `after`. Again to move it.
  virtual void Follow(LogId log, Position after) = 0;
  virtual void Unfollow(LogId log) = 0;

  // Waits at most `block` for entries of any followed log (0: does not wait) and
  // moves past what it returns. Empty after the wait. Unavailable when the logs are
  // gone: try again after a pause of your own.
  virtual absl::StatusOr<std::vector<LogBatch>> Read(std::chrono::milliseconds block) = 0;
};

// One thread follows logs of one server. It connects when first used; after an error it
// makes a new connection at the next Read and goes on from the same positions.
class LogReader final : public LogSource {
 public:
  // At most `count` entries of each log in one Read.
  explicit LogReader(RedisOptions options, std::size_t count = 512);
  ~LogReader() override;

  void Follow(LogId log, Position after) override;
  void Unfollow(LogId log) override;
  const std::map<LogId, Position>& positions() const { return positions_; }

  // Empty at once when nothing is followed.
  absl::StatusOr<std::vector<LogBatch>> Read(std::chrono::milliseconds block) override;

 private:
  absl::Status EnsureConnected(std::chrono::milliseconds block);
  absl::StatusOr<std::vector<LogBatch>> Take(ReplyView reply);

  const RedisOptions options_;
  const std::size_t count_;
  std::map<LogId, Position> positions_;
  std::unique_ptr<RedisConnection> connection_;
};

// The entries behind `after`, at most `count`, up to and including `until`.
absl::StatusOr<std::vector<LogEntry>> ReadRange(RedisConnection& connection, LogId log, Position after,
                                                std::size_t count, std::optional<Position> until = std::nullopt);

// What a log holds.
struct LogBounds {
  std::optional<Position> first;  // oldest entry still there
  Position last;                  // newest ever written; 0-0 for none
  // Everything removed so far is before this; 0-0 when nothing was removed.
  Position trimmed_before;
  std::size_t length = 0;

  // True when entries behind `after` are gone: reading on would skip them. Also
  // true for a newcomer (0-0) when anything was ever removed.
  bool Lost(Position after) const { return after < last && after < trimmed_before && (!first || after < *first); }
};
absl::StatusOr<LogBounds> ReadBounds(RedisConnection& connection, LogId log);

// The same of many logs of one server in one round trip.
absl::StatusOr<std::map<LogId, LogBounds>> ReadBounds(RedisConnection& connection, const std::vector<LogId>& logs);

}  // namespace nara
