#include "common/redis/retention.h"

#include <algorithm>
#include <optional>

#include "common/redis/log_reader.h"
#include "common/redis/retention_fields.h"

namespace nara {
namespace {

// The consumer of a field, when the field is one of `log`'s.
std::optional<std::string> ConsumerOf(std::string_view field, Log log) {
  const std::size_t slash = field.find('/');
  if (slash == std::string_view::npos || field.substr(slash + 1) != LogName(log)) return std::nullopt;
  return std::string(field.substr(0, slash));
}

absl::Status FirstError(const absl::StatusOr<std::vector<Reply>>& replies) {
  if (!replies.ok()) return replies.status();
  for (const Reply& reply : *replies) {
    if (reply.view().is_error()) return reply.view().status();
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CommitPositions(RedisConnection& connection, std::string_view consumer,
                             const std::map<LogId, Position>& positions) {
  for (const auto& [log, position] : positions) {
    connection.Queue({"HSET", ConsumersKey(log.shard), ConsumerField(consumer, log.log), position.ToString()});
  }
  return FirstError(connection.Collect());
}

absl::StatusOr<std::map<std::string, Position>> ReadConsumers(RedisConnection& connection, LogId log) {
  absl::StatusOr<Reply> reply = connection.Call({"HGETALL", ConsumersKey(log.shard)});
  if (!reply.ok()) return reply.status();
  std::map<std::string, Position> consumers;
  const ReplyView fields = reply->view();
  for (std::size_t i = 0; i + 1 < fields.size(); i += 2) {
    const std::optional<std::string> consumer = ConsumerOf(fields[i].text(), log.log);
    if (!consumer) continue;
    absl::StatusOr<Position> position = Position::Parse(fields[i + 1].text());
    if (!position.ok()) return position.status();
    consumers[*consumer] = *position;
  }
  return consumers;
}

absl::StatusOr<std::size_t> Trim(RedisConnection& connection, LogId log, std::chrono::system_clock::time_point oldest) {
  absl::StatusOr<std::map<std::string, Position>> consumers = ReadConsumers(connection, log);
  if (!consumers.ok()) return consumers.status();
  const auto age = std::chrono::duration_cast<std::chrono::milliseconds>(oldest.time_since_epoch()).count();
  Position keep{static_cast<std::uint64_t>(std::max<std::int64_t>(age, 0)), 0};
  for (const auto& [consumer, position] : *consumers) keep = std::min(keep, position);
  absl::StatusOr<LogBounds> bounds = ReadBounds(connection, log);
  if (!bounds.ok()) return bounds.status();
  if (keep <= bounds->trimmed_before) return 0;
  // The mark first: should we end between the two, it only says too much.
  connection.Queue({"HSET", ConsumersKey(log.shard), TrimmedField(log.log), keep.ToString()});
  connection.Queue({"XTRIM", LogKey(log), "MINID", "~", keep.ToString()});
  absl::StatusOr<std::vector<Reply>> replies = connection.Collect();
  if (absl::Status status = FirstError(replies); !status.ok()) return status;
  return static_cast<std::size_t>(replies->back().view().integer());
}

}  // namespace nara
