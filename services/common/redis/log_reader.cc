#include "common/redis/log_reader.h"

#include <utility>

#include "common/redis/retention_fields.h"

namespace nara {
namespace {

// [id, ["r", payload]]
absl::StatusOr<LogEntry> ParseEntry(ReplyView entry) {
  absl::StatusOr<Position> position = Position::Parse(entry[0].text());
  if (!position.ok()) return position.status();
  return LogEntry{*position, std::string(entry[1][1].text())};
}

absl::StatusOr<std::vector<LogEntry>> ParseEntries(ReplyView reply) {
  std::vector<LogEntry> entries;
  entries.reserve(reply.size());
  for (std::size_t i = 0; i < reply.size(); ++i) {
    absl::StatusOr<LogEntry> entry = ParseEntry(reply[i]);
    if (!entry.ok()) return entry.status();
    entries.push_back(*std::move(entry));
  }
  return entries;
}

Position PositionOr(std::string_view text, Position otherwise) {
  absl::StatusOr<Position> position = Position::Parse(text);
  return position.ok() ? *position : otherwise;
}

bool IsNoSuchKey(ReplyView reply) {
  return reply.is_error() && reply.text().find("no such key") != std::string_view::npos;
}

// Fields of XINFO STREAM.
void ReadInfo(ReplyView info, LogBounds& bounds) {
  for (std::size_t i = 0; i + 1 < info.size(); i += 2) {
    const std::string_view name = info[i].text();
    const ReplyView value = info[i + 1];
    if (name == "length") bounds.length = static_cast<std::size_t>(value.integer());
    if (name == "last-generated-id") bounds.last = PositionOr(value.text(), {});
    if (name == "first-entry" && !value.is_nil()) bounds.first = PositionOr(value[0].text(), {});
  }
}

}  // namespace

LogReader::LogReader(RedisOptions options, std::size_t count) : options_(std::move(options)), count_(count) {}

LogReader::~LogReader() = default;

void LogReader::Follow(LogId log, Position after) {
  positions_[log] = after;
}

void LogReader::Unfollow(LogId log) {
  positions_.erase(log);
}

absl::Status LogReader::EnsureConnected(std::chrono::milliseconds block) {
  if (connection_ == nullptr || connection_->broken()) {
    absl::StatusOr<std::unique_ptr<RedisConnection>> made = RedisConnection::Connect(options_);
    if (!made.ok()) return made.status();
    connection_ = *std::move(made);
  }
  return connection_->SetCommandTimeout(options_.command_timeout + block);
}

absl::StatusOr<std::vector<LogBatch>> LogReader::Read(std::chrono::milliseconds block) {
  if (positions_.empty()) return std::vector<LogBatch>();
  if (absl::Status status = EnsureConnected(block); !status.ok()) return status;
  std::vector<std::string> words = {"XREAD", "COUNT", std::to_string(count_)};
  if (block.count() > 0) words.insert(words.end(), {"BLOCK", std::to_string(block.count())});
  words.push_back("STREAMS");
  for (const auto& [log, position] : positions_) words.push_back(LogKey(log));
  for (const auto& [log, position] : positions_) words.push_back(position.ToString());
  const std::vector<std::string_view> views(words.begin(), words.end());
  absl::StatusOr<Reply> reply = connection_->Call(views);
  if (!reply.ok()) return reply.status();
  return Take(reply->view());
}

absl::StatusOr<std::vector<LogBatch>> LogReader::Take(ReplyView reply) {
  std::vector<LogBatch> batches;
  batches.reserve(reply.size());
  for (std::size_t i = 0; i < reply.size(); ++i) {
    const std::optional<LogId> log = ParseLogKey(reply[i][0].text());
    if (!log) return absl::InternalError("redis: XREAD answered an unknown key");
    absl::StatusOr<std::vector<LogEntry>> entries = ParseEntries(reply[i][1]);
    if (!entries.ok()) return entries.status();
    if (!entries->empty()) batches.push_back({*log, *std::move(entries)});
  }
  for (const LogBatch& batch : batches) positions_[batch.log] = batch.entries.back().position;
  return batches;
}

absl::StatusOr<std::vector<LogEntry>> ReadRange(RedisConnection& connection, LogId log, Position after,
                                                std::size_t count, std::optional<Position> until) {
  absl::StatusOr<Reply> reply = connection.Call({"XRANGE", LogKey(log), after.Next().ToString(),
                                                 until ? until->ToString() : "+", "COUNT", std::to_string(count)});
  if (!reply.ok()) return reply.status();
  return ParseEntries(reply->view());
}

absl::StatusOr<LogBounds> ReadBounds(RedisConnection& connection, LogId log) {
  const absl::StatusOr<std::map<LogId, LogBounds>> bounds = ReadBounds(connection, std::vector{log});
  if (!bounds.ok()) return bounds.status();
  return bounds->at(log);
}

absl::StatusOr<std::map<LogId, LogBounds>> ReadBounds(RedisConnection& connection, const std::vector<LogId>& logs) {
  for (const LogId log : logs) {
    connection.Queue({"XINFO", "STREAM", LogKey(log)});
    connection.Queue({"HGET", ConsumersKey(log.shard), TrimmedField(log.log)});
  }
  absl::StatusOr<std::vector<Reply>> replies = connection.Collect();
  if (!replies.ok()) return replies.status();
  std::map<LogId, LogBounds> all;
  for (std::size_t i = 0; i < logs.size(); ++i) {
    const ReplyView info = (*replies)[2 * i].view();
    if (info.is_error() && !IsNoSuchKey(info)) return info.status();
    LogBounds& bounds = all[logs[i]];
    ReadInfo(info, bounds);
    bounds.trimmed_before = PositionOr((*replies)[2 * i + 1].view().text(), {});
  }
  return all;
}

}  // namespace nara
