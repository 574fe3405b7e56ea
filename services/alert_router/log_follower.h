// Reads the alarm logs of the shards whose leases we hold and gives them to the
// intake, entry after entry, without a pause between append and offer.
//
// A shard's lease is taken in PostgreSQL, and its position read there; the intake
// moves the position with the effects. When somebody else took a lease, or the
// store was away, the reading goes on from the committed position, so that an
// entry is routed at least once and counts once.
//
// A shard whose next record waits for its route (Intake::Ready) is left out of the
// reading until it may be routed; the age of what waits there counts as unrouted.
//
// It also hears from ingest since when something waits there that is in no log yet.
//
// Threads: one of its own between Start and Stop.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <thread>
#include <vector>

#include "alert_router/intake.h"
#include "alert_router/lag.h"
#include "common/postgres/pool.h"
#include "common/redis/log_reader.h"
#include "common/time/clock.h"

namespace nara::alert {

class LogFollower {
 public:
  struct Deps {
    Intake& intake;
    Lag& lag;
    PostgresPool& pool;
    const LogPositions& positions;
    const Clock& clock;
    // The registry was heard since the start: before, routes and chains may be those
    // of yesterday. What waits is routed by them all the same after `patience`.
    std::function<bool()> informed;
    std::chrono::milliseconds patience{3'000};
  };

  // All must outlive it.
  LogFollower(Deps deps, RedisOptions redis);
  ~LogFollower() { Stop(); }

  void Start();
  void Stop();

  // OK while the logs are read and routed.
  absl::Status Health() const;

 private:
  using Instant = std::chrono::steady_clock::time_point;

  void Loop(const std::stop_token& stop);
  absl::Status Turn();
  bool Informed();
  absl::Status RenewLeases();
  void TakeUpHeld();
  void HoldBack(std::vector<LogBatch>& batches);
  uint64_t OldestHeld() const;
  absl::Status Route(const std::vector<LogBatch>& batches);
  void ReportPositions();
  void AskIngest();
  RedisConnection* SideConnection();
  void Note(const absl::Status& status);
  void Release();

  const Deps deps_;
  const RedisOptions redis_;

  // Only the thread's.
  LogReader reader_;
  std::map<LogId, ShardLease> leases_;
  Instant started_{};
  bool informed_ = false;
  std::map<LogId, uint64_t> held_;  // when the first entry that waits was appended, milliseconds
  Instant next_look_{};             // at what is held
  Instant next_renewal_{};
  Instant next_report_{};
  Instant next_question_{};
  std::unique_ptr<RedisConnection> side_connection_;  // beside the reader's

  mutable std::mutex mutex_;
  absl::Status health_ = absl::UnavailableError("the alarm logs have not been read yet");  // guarded by mutex_

  // Last: the thread uses everything above.
  std::jthread thread_;
};

}  // namespace nara::alert
