// Looks, each ten seconds, for what time alone brings.
//
// Hand-overs whose deadline has passed without an answer: it tells that they are EXPIRED,
// in the lists of both sides and of the operator, in the audit, and in the metrics.
// Planned assignments whose start has come: their devices are handed out.
//
// Due is decided by PostgreSQL's clock, and several registries may look at once.
//
// Threads: Round from one at a time: the thread between Start and Stop, or a test.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "device_registry/life_cycle/store.h"
#include "device_registry/metrics.h"
#include "device_registry/responsibility/store.h"

namespace nara::registry {

class Deadlines {
 public:
  // All must outlive it.
  Deadlines(HandOverStore& store, LifeCycleStore& moves, Metrics& metrics)
      : store_(store), moves_(moves), metrics_(metrics) {}
  ~Deadlines() { Stop(); }

  absl::Status Round();

  void Start();
  void Stop();

 private:
  void Loop(const std::stop_token& stop);

  HandOverStore& store_;
  LifeCycleStore& moves_;
  Metrics& metrics_;

  std::mutex mutex_;
  std::condition_variable_any wake_;

  std::jthread thread_;  // last: it uses everything above
};

}  // namespace nara::registry
