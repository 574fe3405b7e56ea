// What somebody must do now and then in Redis: remove what is old and was read by everybody, and look how full it is.
//
// Threads: one of its own between Start and Stop.
#pragma once

#include <memory>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/redis/connection.h"
#include "common/redis/keys.h"
#include "common/time/clock.h"
#include "ingest/redis_log.h"

namespace nara::ingest {

class Housekeeping {
 public:
  struct Options {
    RedisOptions redis;
    std::vector<LogId> logs;
    absl::Duration retention;
    absl::Duration memory_interval = absl::Seconds(1);
    absl::Duration trim_interval = absl::Minutes(1);
    // Above this fraction of Redis' memory what every consumer has read goes after `least`, looked at each
    // `trim_under_pressure`: a log that is kept for a day must not keep alarms out.
    double pressure = 0.5;
    absl::Duration trim_under_pressure = absl::Seconds(5);
    // Readers count on it that nothing younger goes. Quarantine is kept no longer: PostgreSQL has it.
    absl::Duration least = absl::Minutes(1);
  };

  // `memory` and `clock` must outlive it. Ages are by `clock`, which must not jump.
  Housekeeping(Options options, MemoryGuard& memory, const Clock& clock)
      : options_(std::move(options)), memory_(memory), clock_(clock), trimmed_at_(clock.Monotonic()) {}

  void Start();
  void Stop() { thread_ = {}; }

  // One look, for tests.
  absl::Status Look();

 private:
  absl::Status LookAtMemory();
  bool Pressed() const { return memory_.fraction > options_.pressure; }
  absl::Duration KeepFor(Log log) const;
  absl::Status TrimLogs();
  absl::Status Connect();

  const Options options_;
  MemoryGuard& memory_;
  const Clock& clock_;
  // The thread's own:
  std::unique_ptr<RedisConnection> connection_;
  absl::Duration trimmed_at_;  // monotonic
  std::jthread thread_;
};

}  // namespace nara::ingest
