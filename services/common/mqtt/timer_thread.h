#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <stop_token>
#include <thread>
#include <utility>

namespace nara {

// Runs short functions later, one after another, in one thread: the reconnects of
// every session of the process. For the sources of this library only.
class TimerThread {
 public:
  static TimerThread& Shared();

  TimerThread();
  // Runs `work` after `delay`. Thread-safe.
  void After(std::chrono::milliseconds delay, std::function<void()> work);

 private:
  using Clock = std::chrono::steady_clock;
  void Run(const std::stop_token& stop);

  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::multimap<Clock::time_point, std::function<void()>> due_;  // guarded by mutex_
  std::jthread thread_;                                          // last: it uses all of the above
};

}  // namespace nara
