// Keeps the three feeds up with the store: reads what changed as soon as a writer
// says so, and at least each 250 ms, which is also the heartbeat: a watcher that
// hears it knows that the registry and its PostgreSQL are there.
//
// Threads: one of its own. Wake and WaitFor may be called from any.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>

#include "device_registry/feeds.h"
#include "device_registry/ports.h"

namespace nara::registry {

class ChangeFollower {
 public:
  struct Options {
    std::chrono::milliseconds heartbeat{250};
    // After a wake, for changes to gather: one read serves many writers.
    std::chrono::milliseconds gather{2};
    // Told of the first failed read of a row, and of the first that works again.
    std::function<void(const absl::Status&)> report;
    // Told after each read: the revision that is shown, or why there is none.
    std::function<void(const absl::StatusOr<std::uint64_t>&)> shown;
  };

  // Source and feeds must outlive it.
  ChangeFollower(ChangeSource& source, Feeds& feeds, Options options);
  ~ChangeFollower();
  ChangeFollower(const ChangeFollower&) = delete;
  ChangeFollower& operator=(const ChangeFollower&) = delete;

  // Reads the first state, so that a registry that serves knows who may call, and
  // starts the thread. The source's error when it cannot.
  absl::Status Start();

  // A writer has committed.
  void Wake();

  // True once the feeds show `revision`, which a writer then tells its caller.
  bool WaitFor(std::uint64_t revision, std::chrono::milliseconds limit);

  // Idempotent.
  void Stop();

 private:
  void Run(const std::stop_token& stop);
  absl::Status Follow();
  void Show(Changes changes);

  ChangeSource& source_;
  Feeds& feeds_;
  const Options options_;

  std::chrono::steady_clock::time_point last_heartbeat_;  // the thread's own
  absl::Status last_status_;                              // the thread's own

  std::mutex mutex_;
  std::condition_variable_any wake_;
  // Protected by mutex_.
  bool woken_ = false;
  std::uint64_t shown_ = 0;

  std::jthread thread_;  // last: it uses everything above
};

}  // namespace nara::registry
