#include "common/redis/connection.h"

#include <hiredis/hiredis.h>

#include <charconv>
#include <csignal>
#include <mutex>
#include <utility>

namespace nara {
namespace {

timeval ToTimeval(std::chrono::milliseconds duration) {
  return {.tv_sec = duration.count() / 1000, .tv_usec = duration.count() % 1000 * 1000};
}

absl::StatusCode CodeOf(std::string_view error) {
  const std::string_view word = error.substr(0, error.find(' '));
  if (word == "OOM") return absl::StatusCode::kResourceExhausted;
  if (word == "NOAUTH" || word == "NOPERM" || word == "WRONGPASS") return absl::StatusCode::kPermissionDenied;
  for (const std::string_view away : {"LOADING", "CLUSTERDOWN", "READONLY", "MASTERDOWN", "NOREPLICAS", "UNBLOCKED",
                                      "MOVED", "ASK", "TRYAGAIN", "BUSY", "MISCONF"}) {
    if (word == away) return absl::StatusCode::kUnavailable;
  }
  return absl::StatusCode::kInternal;
}

// hiredis writes with write(2), so a server that closed would end us by signal.
void IgnoreBrokenPipes() {
  static std::once_flag once;
  std::call_once(once, [] { std::signal(SIGPIPE, SIG_IGN); });
}

absl::StatusOr<redisContext*> Open(const RedisOptions& options) {
  const std::string& address = options.address;
  const timeval timeout = ToTimeval(options.connect_timeout);
  if (address.starts_with("unix:")) return redisConnectUnixWithTimeout(address.c_str() + 5, timeout);
  const std::size_t colon = address.rfind(':');
  int port = 0;
  const char* end = address.data() + address.size();
  if (colon == std::string::npos || std::from_chars(address.data() + colon + 1, end, port).ptr != end || port < 1 ||
      port > 65535) {
    return absl::InvalidArgumentError("redis address '" + address + "' is neither unix:PATH nor host:port");
  }
  return redisConnectWithTimeout(address.substr(0, colon).c_str(), port, timeout);
}

}  // namespace

bool ReplyView::is_nil() const {
  return reply_ == nullptr || reply_->type == REDIS_REPLY_NIL;
}
bool ReplyView::is_error() const {
  return reply_ != nullptr && reply_->type == REDIS_REPLY_ERROR;
}
bool ReplyView::is_array() const {
  return reply_ != nullptr && reply_->type == REDIS_REPLY_ARRAY;
}

std::string_view ReplyView::text() const {
  if (reply_ == nullptr || reply_->str == nullptr) return {};
  const bool has_text =
      reply_->type == REDIS_REPLY_STRING || reply_->type == REDIS_REPLY_STATUS || reply_->type == REDIS_REPLY_ERROR;
  return has_text ? std::string_view(reply_->str, static_cast<std::size_t>(reply_->len)) : std::string_view();
}

std::int64_t ReplyView::integer() const {
  if (reply_ != nullptr && reply_->type == REDIS_REPLY_INTEGER) return reply_->integer;
  const std::string_view digits = text();
  std::int64_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

std::size_t ReplyView::size() const {
  return is_array() ? reply_->elements : 0;
}

ReplyView ReplyView::operator[](std::size_t index) const {
  return ReplyView(index < size() ? reply_->element[index] : nullptr);
}

absl::Status ReplyView::status() const {
  if (!is_error()) return absl::OkStatus();
  return {CodeOf(text()), "redis: " + std::string(text())};
}

Reply::Reply(redisReply* reply) : reply_(reply) {}

void Reply::Free::operator()(redisReply* reply) const {
  freeReplyObject(reply);
}

void RedisConnection::Free::operator()(redisContext* context) const {
  redisFree(context);
}

RedisConnection::RedisConnection(redisContext* context, RedisOptions options)
    : context_(context), options_(std::move(options)), replicas_(options_.replicas) {}

RedisConnection::~RedisConnection() = default;

absl::StatusOr<std::unique_ptr<RedisConnection>> RedisConnection::Connect(const RedisOptions& options) {
  IgnoreBrokenPipes();
  RedisOptions found = options;
  if (options.primary != nullptr) {
    absl::StatusOr<std::string> address = options.primary->AddressOf(0);
    if (!address.ok()) return address.status();
    found.address = *std::move(address);
  }
  absl::StatusOr<redisContext*> context = Open(found);
  if (!context.ok()) return context.status();
  if (*context == nullptr) return absl::ResourceExhaustedError("no memory for a redis connection");
  std::unique_ptr<RedisConnection> connection(new RedisConnection(*context, std::move(found)));
  if (connection->context_->err != 0 && options.primary != nullptr) {
    options.primary->Suspect(connection->options_.address);
  }
  if (connection->broken()) return connection->Broken();
  const auto patience =
      options.command_timeout + (options.replicas > 0 ? options.replica_timeout : std::chrono::milliseconds(0));
  if (absl::Status status = connection->SetCommandTimeout(patience); !status.ok()) return status;
  return connection;
}

bool RedisConnection::broken() const {
  return context_->err != 0 || away_ || Moved();
}

bool RedisConnection::Moved() const {
  if (options_.primary == nullptr) return false;
  const absl::StatusOr<std::string> address = options_.primary->AddressOf(0);
  return address.ok() && *address != options_.address;
}

absl::Status RedisConnection::Broken() const {
  const std::string why = context_->err != 0 ? context_->errstr : "it is not the primary";
  return absl::UnavailableError("redis at " + options_.address + ": " + why);
}

absl::Status RedisConnection::SetCommandTimeout(std::chrono::milliseconds timeout) {
  if (broken()) return Broken();
  return redisSetTimeout(context_.get(), ToTimeval(timeout)) == REDIS_OK ? absl::OkStatus() : Broken();
}

void RedisConnection::Queue(std::span<const std::string_view> command) {
  std::vector<const char*> words(command.size());
  std::vector<std::size_t> sizes(command.size());
  for (std::size_t i = 0; i < command.size(); ++i) {
    words[i] = command[i].data() == nullptr ? "" : command[i].data();
    sizes[i] = command[i].size();
  }
  redisAppendCommandArgv(context_.get(), static_cast<int>(command.size()), words.data(), sizes.data());
  ++queued_;
}

void RedisConnection::Queue(std::initializer_list<std::string_view> command) {
  Queue(std::span<const std::string_view>(command.begin(), command.size()));
}

absl::StatusOr<Reply> RedisConnection::ReadReply() {
  void* raw = nullptr;
  if (redisGetReply(context_.get(), &raw) != REDIS_OK) return Broken();
  return Reply(static_cast<redisReply*>(raw));
}

void RedisConnection::Notice(const absl::StatusOr<Reply>& reply) {
  if (options_.primary == nullptr) return;
  const absl::Status status = reply.ok() ? reply->view().status() : reply.status();
  if (!absl::IsUnavailable(status)) return;
  away_ = true;
  options_.primary->Suspect(options_.address);
}

absl::StatusOr<std::vector<Reply>> RedisConnection::Collect() {
  const std::size_t expected = std::exchange(queued_, 0);
  if (broken()) return Broken();
  std::vector<Reply> replies;
  replies.reserve(expected);
  while (replies.size() < expected) {
    absl::StatusOr<Reply> reply = ReadReply();
    Notice(reply);
    if (!reply.ok()) return reply.status();
    replies.push_back(*std::move(reply));
  }
  return replies;
}

absl::StatusOr<std::vector<Reply>> RedisConnection::CollectReplicated() {
  if (replicas_ == 0) return Collect();
  Queue({"WAIT", std::to_string(replicas_), std::to_string(options_.replica_timeout.count())});
  absl::StatusOr<std::vector<Reply>> replies = Collect();
  if (!replies.ok()) return replies.status();
  const ReplyView have = replies->back().view();
  if (have.is_error()) return have.status();
  if (have.integer() < replicas_) {
    return absl::UnavailableError("redis at " + options_.address + ": " + std::to_string(have.integer()) + " of " +
                                  std::to_string(replicas_) + " replicas have what was written");
  }
  replies->pop_back();
  return replies;
}

absl::StatusOr<Reply> RedisConnection::Call(std::span<const std::string_view> command) {
  Queue(command);
  absl::StatusOr<std::vector<Reply>> replies = Collect();
  if (!replies.ok()) return replies.status();
  Reply& reply = replies->front();
  if (reply.view().is_error()) return reply.view().status();
  return std::move(reply);
}

absl::StatusOr<Reply> RedisConnection::Call(std::initializer_list<std::string_view> command) {
  return Call(std::span<const std::string_view>(command.begin(), command.size()));
}

absl::StatusOr<RedisMemory> ReadMemory(RedisConnection& connection) {
  absl::StatusOr<Reply> reply = connection.Call({"INFO", "memory"});
  if (!reply.ok()) return reply.status();
  const std::string_view info = reply->view().text();
  const auto field = [info](std::string_view name) {
    const std::size_t at = info.find(name);
    std::int64_t value = 0;
    if (at != std::string_view::npos) {
      std::from_chars(info.data() + at + name.size(), info.data() + info.size(), value);
    }
    return value;
  };
  return RedisMemory{.used = field("\nused_memory:"), .limit = field("\nmaxmemory:")};
}

}  // namespace nara
