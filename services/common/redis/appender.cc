#include "common/redis/appender.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "common/redis/append_lua.h"

namespace nara {
namespace {

constexpr char kHashed = 16;
constexpr char kAlarmClass = 32;
constexpr char kTechnical = 64;

char BitsOf(const AppendRecord& record) {
  const char target = static_cast<char>(record.to);
  if (record.seq != 0) return target;
  if (record.technical) return static_cast<char>(target + kHashed + kAlarmClass + kTechnical);
  return static_cast<char>(target + kHashed + (record.alarm_class ? kAlarmClass : 0));
}

void PutBigEndian(std::string& out, std::uint64_t value) {
  for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<char>(value >> shift));
}

std::string Head(const AppendRecord& record) {
  std::string head;
  head.reserve(12);
  head.push_back(BitsOf(record));
  PutBigEndian(head, record.seq == 0 ? record.hash_id : record.seq);
  const std::uint64_t digest = std::max<std::uint64_t>(record.digest & 0x7fffff, 1);
  for (const int shift : {16, 8, 0}) head.push_back(static_cast<char>(digest >> shift));
  return head;
}

absl::Status Check(const AppendCall& call) {
  if (!IsDeviceId(call.device)) return absl::InvalidArgumentError("append: '" + call.device + "' is no device id");
  if (call.assignment.size() > 255) return absl::InvalidArgumentError("append: assignment id over 255 bytes");
  if (call.from > kMaxSequence) return absl::InvalidArgumentError("append: from is above 2^53-1");
  for (const AppendRecord& record : call.records) {
    if (record.seq > kMaxSequence) return absl::InvalidArgumentError("append: sequence is above 2^53-1");
    if (record.seq != 0 && call.epoch == 0) return absl::InvalidArgumentError("append: sequence without an epoch");
  }
  return absl::OkStatus();
}

void QueueCall(RedisConnection& connection, const AppendCall& call) {
  const int shard = ShardOf(call.device);
  const std::array<std::string, 7> keys = {TokenKey(shard, call.lane),         DeviceKey(call.device, call.lane),
                                           SeenKey(call.device, call.lane),    LogKey({shard, Log::kAlarm}),
                                           LogKey({shard, Log::kMeasurement}), LogKey({shard, Log::kQuarantine}),
                                           ToldKey(call.device, call.lane)};
  const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(call.now.time_since_epoch()).count();
  const std::string token = std::to_string(call.token);
  const std::string from = std::to_string(call.from);
  const std::string now_text = std::to_string(now);
  std::string epoch;
  PutBigEndian(epoch, call.epoch);
  std::string heads;
  for (const AppendRecord& record : call.records) heads += Head(record);

  std::vector<std::string_view> words = {"FCALL", "append", "7"};
  words.insert(words.end(), keys.begin(), keys.end());
  words.insert(words.end(), {token, epoch, from, call.assignment, now_text, heads});
  for (const AppendRecord& record : call.records) words.push_back(record.payload);
  connection.Queue(words);
}

std::optional<RecordResult> ParseResult(char letter) {
  switch (letter) {
    case 'A':
      return RecordResult::kAppended;
    case 'D':
      return RecordResult::kDuplicate;
    case 'Q':
      return RecordResult::kInQuarantine;
    case 'C':
      return RecordResult::kConflict;
    case 'B':
      return RecordResult::kBeyondWindow;
    default:
      return std::nullopt;
  }
}

AppendResult Failed(absl::Status status) {
  AppendResult result;
  result.status = std::move(status);
  return result;
}

AppendResult ParseReply(ReplyView reply, const AppendCall& call) {
  if (reply.is_error()) return Failed(reply.status());
  const std::int64_t kind = reply[0].integer();
  if (kind == 0) return Failed(absl::AbortedError("append: the shard token is old, another process writes the shard"));
  AppendResult result;
  result.assignment = reply[1].text();
  result.through = static_cast<std::uint64_t>(reply[2].integer());
  if (kind == 2) {
    result.status = absl::FailedPreconditionError("append: the epoch is bound to assignment " + result.assignment);
    result.rebound = true;
    return result;
  }
  for (const char letter : reply[3].text()) {
    if (const std::optional<RecordResult> parsed = ParseResult(letter)) result.records.push_back(*parsed);
  }
  if (result.records.size() != call.records.size()) return Failed(absl::InternalError("append: unreadable reply"));
  return result;
}

// The number behind "-- version " in a library's text; 0 for none.
int VersionOf(std::string_view code) {
  constexpr std::string_view kMark = "-- version ";
  const std::size_t at = code.find(kMark);
  int version = 0;
  if (at != std::string_view::npos) {
    std::from_chars(code.data() + at + kMark.size(), code.data() + code.size(), version);
  }
  return version;
}

// The text of the loaded library in a reply of FUNCTION LIST; empty for none.
std::string_view LoadedCode(ReplyView libraries) {
  const ReplyView library = libraries[0];
  for (std::size_t i = 0; i + 1 < library.size(); i += 2) {
    if (library[i].text() == "library_code") return library[i + 1].text();
  }
  return {};
}

}  // namespace

Appender::Appender(ShardDirectory& directory, RedisOptions options)
    : directory_(directory), options_(std::move(options)) {}

Appender::~Appender() = default;

absl::StatusOr<RedisConnection*> Appender::ConnectionTo(const std::string& address) {
  std::unique_ptr<RedisConnection>& slot = connections_[address];
  if (slot != nullptr && !slot->broken()) return slot.get();
  RedisOptions options = options_;
  options.address = address;
  absl::StatusOr<std::unique_ptr<RedisConnection>> made = RedisConnection::Connect(options);
  if (!made.ok()) return made.status();
  if (absl::StatusOr<bool> loaded = EnsureFunctions(**made); !loaded.ok()) return loaded.status();
  slot = *std::move(made);
  return slot.get();
}

void Appender::Drop(const std::string& address) {
  connections_.erase(address);
  directory_.Suspect(address);
}

void Appender::Exchange(const std::string& address, std::span<const AppendCall> calls,
                        std::span<const std::size_t> chosen, std::vector<AppendResult>& results) {
  const auto fail_all = [&](const absl::Status& status) {
    Drop(address);
    for (const std::size_t index : chosen) results[index] = Failed(status);
  };
  absl::StatusOr<RedisConnection*> connection = ConnectionTo(address);
  if (!connection.ok()) return fail_all(connection.status());
  for (const std::size_t index : chosen) QueueCall(**connection, calls[index]);
  absl::StatusOr<std::vector<Reply>> replies = (*connection)->Collect();
  if (!replies.ok()) return fail_all(replies.status());
  bool suspect = false;
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    const ReplyView reply = (*replies)[i].view();
    results[chosen[i]] = ParseReply(reply, calls[chosen[i]]);
    suspect |= reply.is_error() && !absl::IsResourceExhausted(reply.status());
  }
  if (suspect) Drop(address);
}

std::vector<AppendResult> Appender::Append(std::span<const AppendCall> calls) {
  std::vector<AppendResult> results(calls.size());
  std::map<std::string, std::vector<std::size_t>> by_server;
  for (std::size_t i = 0; i < calls.size(); ++i) {
    if (absl::Status status = Check(calls[i]); !status.ok()) {
      results[i] = Failed(std::move(status));
      continue;
    }
    absl::StatusOr<std::string> address = directory_.AddressOf(ShardOf(calls[i].device));
    if (address.ok()) {
      by_server[*address].push_back(i);
    } else {
      results[i] = Failed(address.status());
    }
  }
  for (const auto& [address, chosen] : by_server) Exchange(address, calls, chosen, results);
  return results;
}

absl::StatusOr<std::uint64_t> TakeShardToken(RedisConnection& connection, int shard, Lane lane) {
  absl::StatusOr<Reply> reply = connection.Call({"INCR", TokenKey(shard, lane)});
  if (!reply.ok()) return reply.status();
  return static_cast<std::uint64_t>(reply->view().integer());
}

absl::StatusOr<bool> EnsureFunctions(RedisConnection& connection) {
  absl::StatusOr<Reply> list = connection.Call({"FUNCTION", "LIST", "LIBRARYNAME", "nara", "WITHCODE"});
  if (!list.ok()) return list.status();
  const std::string_view loaded = LoadedCode(list->view());
  if (loaded == kAppendLua || VersionOf(loaded) > VersionOf(kAppendLua)) return false;
  absl::StatusOr<Reply> reply = connection.Call({"FUNCTION", "LOAD", "REPLACE", kAppendLua});
  if (!reply.ok()) return reply.status();
  return true;
}

}  // namespace nara
