#pragma once

// One synchronous connection to a Redis server, with deadlines and pipelining.
//
// Not thread-safe: one per thread. After an Unavailable the connection is spent and
// every further call fails the same way: make a new one. The outcome of commands
// that were under way is then unknown; they may have been carried out, so whatever
// is sent again must be idempotent.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/redis/shard_directory.h"

struct redisReply;
struct redisContext;

namespace nara {

// A look at a reply or at an element of one; valid as long as the Reply is.
class ReplyView {
 public:
  explicit ReplyView(const redisReply* reply) : reply_(reply) {}

  bool is_nil() const;
  bool is_error() const;
  bool is_array() const;
  // A string, status or error's bytes; empty for anything else.
  std::string_view text() const;
  // An integer, or a string that is one; 0 for anything else.
  std::int64_t integer() const;
  // Elements of an array; 0 for anything else.
  std::size_t size() const;
  // Element of an array; a nil view when out of range.
  ReplyView operator[](std::size_t index) const;

  // The error of the reply as a status: OOM ResourceExhausted; LOADING, CLUSTERDOWN,
  // READONLY, MASTERDOWN, NOREPLICAS, UNBLOCKED, MOVED and BUSY Unavailable; NOAUTH and NOPERM
  // PermissionDenied; others Internal, with the server's words. OK for no error.
  absl::Status status() const;

 private:
  const redisReply* reply_;
};

// Owns a reply.
class Reply {
 public:
  explicit Reply(redisReply* reply);
  ReplyView view() const { return ReplyView(reply_.get()); }

 private:
  struct Free {
    void operator()(redisReply* reply) const;
  };
  std::unique_ptr<redisReply, Free> reply_;
};

struct RedisOptions {
  // "unix:/path" or "host:port"; not looked at when `primary` is there.
  std::string address;
  std::chrono::milliseconds connect_timeout{1'000};
  // For each reply that is waited for.
  std::chrono::milliseconds command_timeout{2'000};
  // Replicas that must have a write before CollectReplicated says so, and how long it waits for
  // them. 0: a single Redis.
  int replicas = 0;
  std::chrono::milliseconds replica_timeout{1'000};
  // Where the primary is, asked at each Connect and told of what goes wrong. A connection
  // whose server is not the primary any more is spent.
  std::shared_ptr<ShardDirectory> primary = nullptr;
};

class RedisConnection {
 public:
  // Unavailable when the server cannot be reached, InvalidArgument for an address
  // of another form.
  static absl::StatusOr<std::unique_ptr<RedisConnection>> Connect(const RedisOptions& options);
  ~RedisConnection();

  // One command and its reply; an error reply becomes its status. Must not be
  // called between Queue and Collect.
  absl::StatusOr<Reply> Call(std::span<const std::string_view> command);
  absl::StatusOr<Reply> Call(std::initializer_list<std::string_view> command);

  // Adds a command to the pipeline; nothing is sent before Collect.
  void Queue(std::span<const std::string_view> command);
  void Queue(std::initializer_list<std::string_view> command);

  // Sends what was queued and waits for every reply, in order. Error replies are
  // replies: look at status(). Unavailable when the connection broke before the
  // last one: nothing is known of any of them.
  absl::StatusOr<std::vector<Reply>> Collect();

  // The same, and as many replicas as are required have all that was written before,
  // by whomever. Unavailable also when they did not say so in time: then nothing is
  // promised, and asking again by a repeated command is harmless. One WAIT for all that was
  // queued.
  absl::StatusOr<std::vector<Reply>> CollectReplicated();

  // From now on so many replicas instead of those of the options.
  void RequireReplicas(int count) { replicas_ = count; }

  // Changes how long a reply is waited for; XREAD BLOCK needs its own.
  absl::Status SetCommandTimeout(std::chrono::milliseconds timeout);

  // True once it is spent: the connection broke, the server said that it is not, or not yet, the one that
  // writes, or the primary is another one now.
  bool broken() const;

 private:
  struct Free {
    void operator()(redisContext* context) const;
  };
  RedisConnection(redisContext* context, RedisOptions options);
  absl::Status Broken() const;
  bool Moved() const;
  void Notice(const absl::StatusOr<Reply>& reply);
  absl::StatusOr<Reply> ReadReply();

  std::unique_ptr<redisContext, Free> context_;
  const RedisOptions options_;
  int replicas_;
  std::size_t queued_ = 0;
  bool away_ = false;  // the server is not the primary
};

// How full the server is.
struct RedisMemory {
  std::int64_t used = 0;   // bytes
  std::int64_t limit = 0;  // maxmemory; 0 for none
  // used / limit; 0 when there is no limit.
  double fraction() const { return limit > 0 ? static_cast<double>(used) / static_cast<double>(limit) : 0; }
};
absl::StatusOr<RedisMemory> ReadMemory(RedisConnection& connection);

}  // namespace nara
