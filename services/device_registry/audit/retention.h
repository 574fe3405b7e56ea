// Forgets who looked at whom when it has been kept for long enough: a piece each minute,
// so that nobody waits for it. Several registries may do so at once.
//
// Threads: Round from one at a time: the thread between Start and Stop, or a test.
#pragma once

#include <thread>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/time/clock.h"
#include "device_registry/audit/store.h"
#include "device_registry/metrics.h"

namespace nara::registry {

class Retention {
 public:
  static constexpr int kPiece = 10'000;

  // All must outlive it.
  Retention(AuditStore& store, const Clock& clock, absl::Duration keep, Metrics& metrics)
      : store_(store), clock_(clock), keep_(keep), metrics_(metrics) {}
  ~Retention() { Stop(); }

  // One piece.
  absl::Status Round();

  void Start();
  void Stop();  // again is no error

 private:
  AuditStore& store_;
  const Clock& clock_;
  const absl::Duration keep_;
  Metrics& metrics_;

  std::jthread thread_;  // last: it uses everything above
};

}  // namespace nara::registry
