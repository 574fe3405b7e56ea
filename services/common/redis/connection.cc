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
  for (const std::string_view away :
       {"LOADING", "CLUSTERDOWN", "READONLY", "MASTERDOWN", "MOVED", "ASK", "TRYAGAIN", "BUSY", "MISCONF"}) {
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

RedisConnection::RedisConnection(redisContext* context, std::string address)
    : context_(context), address_(std::move(address)) {}

RedisConnection::~RedisConnection() = default;

absl::StatusOr<std::unique_ptr<RedisConnection>> RedisConnection::Connect(const RedisOptions& options) {
  IgnoreBrokenPipes();
  absl::StatusOr<redisContext*> context = Open(options);
  if (!context.ok()) return context.status();
  if (*context == nullptr) return absl::ResourceExhaustedError("no memory for a redis connection");
  std::unique_ptr<RedisConnection> connection(new RedisConnection(*context, options.address));
  if (connection->broken()) return connection->Broken();
  if (absl::Status status = connection->SetCommandTimeout(options.command_timeout); !status.ok()) return status;
  return connection;
}

bool RedisConnection::broken() const {
  return context_->err != 0;
}

absl::Status RedisConnection::Broken() const {
  return absl::UnavailableError("redis at " + address_ + ": " + context_->errstr);
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

absl::StatusOr<std::vector<Reply>> RedisConnection::Collect() {
  const std::size_t expected = std::exchange(queued_, 0);
  if (broken()) return Broken();
  std::vector<Reply> replies;
  replies.reserve(expected);
  while (replies.size() < expected) {
    absl::StatusOr<Reply> reply = ReadReply();
    if (!reply.ok()) return reply.status();
    replies.push_back(*std::move(reply));
  }
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
