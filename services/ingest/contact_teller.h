// Tells Redis each second whom this lane has heard, and that it hears: docs/formats/presence.md. Both lanes run one;
// the alarm lane judges by what both say (presence_keeper.h).
//
// A lane hears a shard while its MQTT session is connected, its log takes what comes, and nothing waits in its inbox
// for more than a moment. While it does not, or cannot say so, nobody's silence counts.
//
// Threads: one of its own between Start and Stop.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "common/mqtt/shard.h"
#include "common/redis/connection.h"
#include "common/time/clock.h"
#include "ingest/contact_book.h"

namespace nara::ingest {

struct ContactTellerDeps {
  RedisOptions redis;
  Lane lane;
  ContactBook& book;
  const Clock& clock;  // the machine's: the other lane goes by it too
  std::function<bool(int shard)> hears;
  std::chrono::milliseconds interval{1'000};
};

class ContactTeller {
 public:
  explicit ContactTeller(ContactTellerDeps deps) : deps_(std::move(deps)) {}

  void Start();
  void Stop() { thread_ = {}; }

  // One telling, for tests: one round trip for all shards, two the first time. With what would be due so much later.
  absl::Status Tell(absl::Duration ahead = absl::ZeroDuration());

 private:
  absl::Status Connect();
  absl::Status ReadClocks();
  std::size_t Queue(int shard, const ContactBook::News& news);
  absl::Status Take(const std::vector<Reply>& replies, const std::array<std::size_t, kShardCount>& queued);

  const ContactTellerDeps deps_;
  // The thread's own:
  std::unique_ptr<RedisConnection> connection_;
  // What the alarm lane's hearing clocks showed at the last telling; read before the first.
  std::array<std::int64_t, kShardCount> hearing_{};
  bool has_clocks_ = false;
  std::jthread thread_;
};

}  // namespace nara::ingest
