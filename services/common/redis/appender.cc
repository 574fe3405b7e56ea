#include "common/redis/appender.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <deque>
#include <optional>
#include <utility>

#include "common/redis/append_lua.h"

namespace nara {
namespace {

constexpr std::string_view kFunction = "append_2";
// Records of one FCALL, of more uplinks than one. More is cheaper for each; fewer lets the alarm lane's in between
// sooner: 64 hold Redis for less than half a millisecond.
constexpr std::size_t kRecordsInOneCall = 64;

constexpr std::size_t kHeadBytes = 12;
constexpr std::size_t kAnswerHead = 9;
constexpr char kRebound = 2;
// Indices of calls.
using Group = std::vector<std::size_t>;

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

// REQUIRES: at least 8 bytes.
std::uint64_t GetBigEndian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char byte : bytes.substr(0, 8)) value = value << 8 | static_cast<unsigned char>(byte);
  return value;
}

void PutHead(std::string& heads, const AppendRecord& record) {
  heads.push_back(BitsOf(record));
  PutBigEndian(heads, record.seq == 0 ? record.hash_id : record.seq);
  const std::uint64_t digest = std::max<std::uint64_t>(record.digest & 0x7fffff, 1);
  for (const int shift : {16, 8, 0}) heads.push_back(static_cast<char>(digest >> shift));
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

// The words of one FCALL. A word is a piece of something that lives on, or of `made`.
class Command {
 public:
  // Both must outlive it.
  Command(std::span<const AppendCall> calls, const Group& group) {
    const AppendCall& first = calls[group.front()];
    const int shard = ShardOf(first.device);
    words_ = {"FCALL", kFunction};
    Make(std::to_string(4 + 3 * group.size()));
    Make(TokenKey(shard, first.lane));
    for (const Log log : {Log::kAlarm, Log::kMeasurement, Log::kQuarantine}) Make(LogKey({shard, log}));
    for (const std::size_t index : group) AddKeys(calls[index]);
    Make(std::to_string(first.token));
    for (const std::size_t index : group) AddArguments(calls[index]);
  }

  std::span<const std::string_view> words() const { return words_; }

 private:
  void Make(std::string word) { words_.push_back(made_.emplace_back(std::move(word))); }

  void AddKeys(const AppendCall& call) {
    Make(DeviceKey(call.device, call.lane));
    Make(SeenKey(call.device, call.lane));
    Make(ToldKey(call.device, call.lane));
  }

  void AddArguments(const AppendCall& call) {
    const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(call.now.time_since_epoch()).count();
    std::string epoch;
    PutBigEndian(epoch, call.epoch);
    std::string heads;
    heads.reserve(kHeadBytes * call.records.size());
    for (const AppendRecord& record : call.records) PutHead(heads, record);
    Make(std::move(epoch));
    Make(std::to_string(call.from));
    words_.push_back(call.assignment);
    Make(std::to_string(now));
    Make(std::move(heads));
    for (const AppendRecord& record : call.records) words_.push_back(record.payload);
  }

  std::vector<std::string_view> words_;
  std::deque<std::string> made_;
};

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

// An answer about one uplink: kind, watermark, and letters or the assignment.
AppendResult ParseAnswer(std::string_view answer, const AppendCall& call) {
  if (answer.size() < kAnswerHead) return Failed(absl::InternalError("append: unreadable reply"));
  AppendResult result;
  result.through = GetBigEndian(answer.substr(1));
  const std::string_view rest = answer.substr(kAnswerHead);
  if (answer.front() == kRebound) {
    result.assignment = rest;
    result.status = absl::FailedPreconditionError("append: the epoch is bound to assignment " + result.assignment);
    result.rebound = true;
    return result;
  }
  result.assignment = call.assignment;
  result.records.reserve(rest.size());
  for (const char letter : rest) {
    if (const std::optional<RecordResult> parsed = ParseResult(letter)) result.records.push_back(*parsed);
  }
  if (result.records.size() != call.records.size()) return Failed(absl::InternalError("append: unreadable reply"));
  return result;
}

AppendResult ParseReply(ReplyView reply, std::size_t index, const AppendCall& call) {
  if (reply.is_error()) return Failed(reply.status());
  if (reply.is_array()) return ParseAnswer(reply[index].text(), call);
  return Failed(absl::AbortedError("append: the shard token is old, another process writes the shard"));
}

bool MayShareACall(const AppendCall& a, const AppendCall& b) {
  return a.lane == b.lane && a.token == b.token;
}

// Cuts the calls of one shard into those that go in one FCALL, in order.
void Cut(std::span<const AppendCall> calls, std::span<const std::size_t> shard, std::vector<Group>& groups) {
  std::size_t records = kRecordsInOneCall;
  for (const std::size_t index : shard) {
    const AppendCall& call = calls[index];
    if (records >= kRecordsInOneCall || !MayShareACall(calls[groups.back().back()], call)) {
      groups.emplace_back();
      records = 0;
    }
    groups.back().push_back(index);
    records += std::max<std::size_t>(call.records.size(), 1);
  }
}

std::vector<Group> Grouped(std::span<const AppendCall> calls, std::span<const std::size_t> chosen) {
  std::array<Group, kShardCount> shards;
  for (const std::size_t index : chosen)
    shards[static_cast<std::size_t>(ShardOf(calls[index].device))].push_back(index);
  std::vector<Group> groups;
  for (const Group& shard : shards) Cut(calls, shard, groups);
  return groups;
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

Appender::Appender(ShardDirectory& directory, RedisOptions options, Greeting greeting)
    : directory_(directory), options_(std::move(options)), greeting_(std::move(greeting)) {}

Appender::~Appender() = default;

absl::StatusOr<RedisConnection*> Appender::ConnectionTo(const std::string& address) {
  std::unique_ptr<RedisConnection>& slot = connections_[address];
  if (slot != nullptr && !slot->broken()) return slot.get();
  RedisOptions options = options_;
  options.address = address;
  absl::StatusOr<std::unique_ptr<RedisConnection>> made = RedisConnection::Connect(options);
  if (!made.ok()) return made.status();
  if (absl::Status status = greeting_ ? greeting_(**made) : absl::OkStatus(); !status.ok()) return status;
  if (absl::StatusOr<bool> loaded = EnsureFunctions(**made); !loaded.ok()) return loaded.status();
  slot = *std::move(made);
  return slot.get();
}

void Appender::RequireReplicas(int count) {
  for (const auto& [address, connection] : connections_) {
    if (connection != nullptr) connection->RequireReplicas(count);
  }
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
  const std::vector<Group> groups = Grouped(calls, chosen);
  for (const Group& group : groups) (*connection)->Queue(Command(calls, group).words());
  absl::StatusOr<std::vector<Reply>> replies = (*connection)->CollectReplicated();
  if (!replies.ok()) return fail_all(replies.status());
  bool suspect = false;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    const ReplyView reply = (*replies)[i].view();
    for (std::size_t j = 0; j < groups[i].size(); ++j) {
      results[groups[i][j]] = ParseReply(reply, j, calls[groups[i][j]]);
    }
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
  connection.Queue({"INCR", TokenKey(shard, lane)});
  const absl::StatusOr<std::vector<Reply>> replies = connection.CollectReplicated();
  if (!replies.ok()) return replies.status();
  const ReplyView token = replies->front().view();
  if (token.is_error()) return token.status();
  return static_cast<std::uint64_t>(token.integer());
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
