#include "common/redis/history.h"

#include <algorithm>
#include <string_view>

#include "common/redis/log_reader.h"

namespace nara {
namespace {

// An entry that is there for an instant leaves its position behind, and is refused when the log is further already:
// XSETID would set a log back whose newest entries are gone.
constexpr std::string_view kPass =
    "if type(redis.pcall('XADD', KEYS[1], ARGV[1], 'r', '')) == 'string' then "
    "redis.call('XDEL', KEYS[1], ARGV[1]) end";

// The value of a line "name:value" of INFO.
std::string_view LineOf(std::string_view info, std::string_view name) {
  const std::size_t at = info.find(name);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = info.substr(at + name.size());
  return rest.substr(0, rest.find('\r'));
}

int CountOf(std::string_view text, std::string_view word) {
  int count = 0;
  for (std::size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) ++count;
  return count;
}

}  // namespace

absl::StatusOr<RedisHistory> ReadHistory(RedisConnection& connection) {
  connection.Queue({"INFO", "replication"});
  connection.Queue({"TIME"});
  const absl::StatusOr<std::vector<Reply>> replies = connection.Collect();
  if (!replies.ok()) return replies.status();
  const ReplyView info = replies->at(0).view();
  if (info.is_error()) return info.status();
  const ReplyView time = replies->at(1).view();
  RedisHistory history;
  history.id = LineOf(info.text(), "\nmaster_replid:");
  history.primary = LineOf(info.text(), "\nrole:") == "master";
  history.replicas = CountOf(info.text(), ",state=online,");
  history.clock = std::chrono::milliseconds(time[0].integer() * 1000 + time[1].integer() / 1000);
  return history;
}

absl::Status ContinueBehind(RedisConnection& connection, const std::vector<LogId>& logs,
                            std::chrono::milliseconds clock) {
  const auto bounds = ReadBounds(connection, logs);
  if (!bounds.ok()) return bounds.status();
  const auto least = static_cast<std::uint64_t>(std::max<std::int64_t>(clock.count(), 0));
  for (const auto& [log, of_log] : *bounds) {
    const Position passed{std::max(least, of_log.last.ms + 1), 0};
    connection.Queue({"EVAL", kPass, "1", LogKey(log), passed.ToString()});
  }
  const absl::StatusOr<std::vector<Reply>> replies = connection.CollectReplicated();
  if (!replies.ok()) return replies.status();
  for (const Reply& reply : *replies) {
    if (reply.view().is_error()) return reply.view().status();
  }
  return absl::OkStatus();
}

}  // namespace nara
