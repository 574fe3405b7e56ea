#pragma once

// The primary of a group of Redis servers, as Sentinel sees it.
//
// A thread asks every Sentinel once a second, and at once when somebody suspects the
// primary. Of different answers the one of the newest configuration counts: a Sentinel
// that is cut off from the others still names the old primary. While none answers, the
// last known address stands, since a primary may well live longer than its Sentinels.
//
// Sentinel is believed only as far as the configuration goes: it may choose among the
// servers that are named there, and each is reached as it says there (a socket, or a
// tunnel's end on loopback). Anything else is refused.

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/redis/shard_directory.h"

namespace nara {

struct SentinelOptions {
  std::string primary;                         // Sentinel's name for the group
  std::vector<std::string> sentinels;          // as RedisOptions takes addresses
  std::map<std::string, std::string> servers;  // "host:port" as Sentinel says it: how it is reached
  std::chrono::milliseconds interval{1'000};
  std::chrono::milliseconds timeout{300};  // of one question
};

class SentinelDirectory final : public ShardDirectory {
 public:
  explicit SentinelDirectory(SentinelOptions options);
  ~SentinelDirectory() override;

  // Every shard is the primary's. Unavailable before the first answer.
  absl::StatusOr<std::string> AddressOf(int shard) const override;
  void Suspect(const std::string& address) override;

 private:
  struct Answer {
    std::string server;  // "host:port"
    std::uint64_t epoch = 0;
  };

  void Run(const std::stop_token& stop);
  void Look();
  absl::StatusOr<Answer> Ask(const std::string& sentinel) const;
  void Take(const Answer& answer);

  const SentinelOptions options_;
  mutable std::mutex mutex_;
  std::condition_variable_any wake_;
  // State below is protected by mutex_.
  bool suspected_ = false;
  std::string address_;
  absl::Status why_ = absl::UnavailableError("no Sentinel has answered yet");  // while address_ is empty

  // Last: the thread uses everything above.
  std::jthread thread_;
};

}  // namespace nara
