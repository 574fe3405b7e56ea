// How far behind this lane is: since when its oldest frame waits that is not in a log yet, whyever it does (Redis is
// away or has no memory left, no route is known, or there is just much to do).
//
// A gauge says it, and the alarm lane tells the alert router too, by the key kAlarmLagKey: alarm centres then see in
// the router's pulse what waits in front of the logs. The key expires by itself. When Redis refuses it (it has no
// memory left) or does not answer, it goes away, and the router counts from when it saw it last.
//
// Deliberately missing: uplinks of Submit. Whoever calls it knows that it has no answer yet.
//
// Threads: one of its own between Start and Stop.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <thread>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/redis/connection.h"
#include "common/time/clock.h"
#include "ingest/arrival_clock.h"
#include "ingest/inbox.h"
#include "ingest/metrics.h"

namespace nara::ingest {

struct BacklogOptions {
  // Where the key is; nothing for a lane that does not tell.
  std::optional<RedisOptions> tell;
  // The key lives twenty times as long: a look that is late changes nothing.
  std::chrono::milliseconds interval{250};
};

struct BacklogDeps {
  std::span<const std::unique_ptr<Inbox>> inboxes;
  const ArrivalClock& arrivals;  // by which frames were taken
  const Clock& machine;          // by which others read the key
  Metrics& metrics;
};

class Backlog {
 public:
  // What `deps` names must outlive it.
  Backlog(BacklogOptions options, BacklogDeps deps) : options_(std::move(options)), deps_(deps) {}

  void Start();
  void Stop() { thread_ = {}; }

  // One look, for tests. The status is that of telling, after the gauge was set.
  absl::Status Look();

 private:
  // InfiniteFuture when nothing waits.
  absl::StatusOr<absl::Time> Oldest() const;
  absl::Status Tell(absl::Time oldest);

  const BacklogOptions options_;
  const BacklogDeps deps_;
  std::unique_ptr<RedisConnection> connection_;  // the thread's
  std::jthread thread_;
};

}  // namespace nara::ingest
