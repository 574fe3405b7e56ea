// Saves a table some time after it changed, on a thread of its own, so that a slow
// disk never delays what is read from the registry.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "absl/status/status.h"

namespace nara {

class TableSaver {
 public:
  // `save` may be called from another thread; `failed` is told of each error.
  TableSaver(std::function<absl::Status()> save, std::chrono::milliseconds interval,
             std::function<void(const absl::Status&)> failed);
  ~TableSaver();
  TableSaver(const TableSaver&) = delete;
  TableSaver& operator=(const TableSaver&) = delete;

  // The table changed: it will be saved within the interval, or after 20 times what
  // the last save took.
  void MarkChanged();

  // Saves what is unsaved and ends the thread. Idempotent.
  void Stop();

 private:
  void Run(const std::stop_token& stop);
  void SaveNow();

  const std::function<absl::Status()> save_;
  const std::chrono::milliseconds interval_;
  const std::function<void(const absl::Status&)> failed_;

  std::mutex mutex_;
  std::condition_variable_any wake_;
  bool changed_ = false;                             // protected by mutex_
  std::chrono::steady_clock::duration last_took_{};  // the saving thread's own

  std::jthread thread_;  // last: it uses everything above
};

}  // namespace nara
