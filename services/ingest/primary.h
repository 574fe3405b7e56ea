// The Redis that goes on with our logs, as far as one worker must know it: whether it is another one than before, and
// how many replicas must have what is appended.
//
// Another one may lack the newest of what was receipted: the worker appends again what it has kept, before anything
// new. And its clock may be behind: its logs go on behind everything that the old one can have written
// (docs/decisions/0015-positions-after-a-failover.md).
//
// Replicas that are away are not waited for forever: alarms must not depend on them. What then only the primary has is
// on its disk, and among what is kept for the case that a replica that lacks it is made the primary.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/redis/connection.h"
#include "common/redis/history.h"
#include "common/redis/keys.h"
#include "common/time/clock.h"
#include "ingest/metrics.h"

namespace nara::ingest {

struct PrimaryOptions {
  // All that the worker appends to.
  std::vector<LogId> logs;
  // Replicas that must have a record before its receipt.
  int replicas = 0;
  // When fewer were connected for so long, those that are have to do. At once at a server that has just taken over.
  absl::Duration alone_after = absl::Seconds(5);
};

// Threads: one at a time; each worker has its own.
class Primary {
 public:
  // `clock` and `metrics` must outlive it.
  Primary(PrimaryOptions options, const Clock& clock, Metrics& metrics);

  // Looks at the server behind a connection: before the first append over it, and each second or so. When it carries
  // on another history than the one seen before, changed() is true afterwards. Tells the connection how many replicas
  // are required. With an error nothing may be appended.
  absl::Status Look(RedisConnection& connection);

  // True from the first look at another primary, and from the first of all, until it is settled.
  bool changed() const { return changed_; }
  void Settle() { changed_ = false; }

  // Replicas that are required now.
  int replicas() const { return replicas_; }

 private:
  absl::Status TakeOver(RedisConnection& connection, const RedisHistory& history);
  void CountReplicas(int connected, absl::Duration now);
  // What the clock of the primary before shows now.
  absl::Time OldClock() const;

  const PrimaryOptions options_;
  const Clock& clock_;
  Metrics& metrics_;
  std::string history_;                                    // of the server seen last; empty before
  absl::Duration lead_;                                    // of its clock over our monotonic one, or a little more
  absl::Duration fewer_since_ = absl::InfiniteDuration();  // monotonic: replicas have been away
  int replicas_;
  bool changed_ = false;
};

}  // namespace nara::ingest
