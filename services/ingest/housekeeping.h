// What somebody must do now and then in Redis: remove what is old and was read by everybody, and look how full it is.
//
// Threads: one of its own between Start and Stop.
#pragma once

#include <chrono>
#include <stop_token>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/redis/connection.h"
#include "common/redis/keys.h"
#include "ingest/redis_log.h"

namespace nara::ingest {

class Housekeeping {
 public:
  struct Options {
    RedisOptions redis;
    std::vector<LogId> logs;
    absl::Duration retention;
    std::chrono::milliseconds memory_interval{1'000};
    std::chrono::milliseconds trim_interval{60'000};
    // Above this fraction of Redis' memory what every consumer has read goes after `least`, looked at each
    // `trim_under_pressure`: a log that is kept for a day must not keep alarms out.
    double pressure = 0.5;
    std::chrono::milliseconds trim_under_pressure{5'000};
    // Readers count on it that nothing younger goes. Quarantine is kept no longer: PostgreSQL has it.
    absl::Duration least = absl::Minutes(1);
  };

  // `memory` must outlive it.
  Housekeeping(Options options, MemoryGuard& memory) : options_(std::move(options)), memory_(memory) {}

  void Start();
  void Stop() { thread_ = {}; }

 private:
  void Run(const std::stop_token& stop);
  absl::Status LookAtMemory();
  bool Pressed() const { return memory_.fraction > options_.pressure; }
  absl::Duration KeepFor(Log log) const;
  absl::Status TrimLogs();
  absl::Status Connect();

  const Options options_;
  MemoryGuard& memory_;
  std::unique_ptr<RedisConnection> connection_;  // the thread's
  std::jthread thread_;
};

}  // namespace nara::ingest
