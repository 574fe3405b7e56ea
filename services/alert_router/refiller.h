// Reads from the store what links are behind with, one small page after the other,
// as their streams drain (feed.h).
//
// It looks each 10 ms while some link is behind, and each link gets one page in its
// turn: a slow one holds up nobody.
//
// Threads: Wake from any, never blocking. Round from one at a time: the thread
// between Start and Stop, or a test.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "alert_router/links.h"
#include "alert_router/outlet.h"

namespace nara::alert {

class Refiller {
 public:
  // All must outlive it.
  Refiller(Store& store, const Links& links, Outlet& outlet) : store_(store), links_(links), outlet_(outlet) {}
  ~Refiller() { Stop(); }

  // Some link has just fallen behind.
  void Wake();

  // A page for each link that is behind and has room. True when one is behind still.
  // Unavailable: the store is away (the caretaker tells of it).
  absl::StatusOr<bool> Round();

  void Start();
  void Stop();

 private:
  absl::Status Refill(const Links::Link& link);
  void Loop(const std::stop_token& stop);

  Store& store_;
  const Links& links_;
  Outlet& outlet_;

  std::mutex mutex_;
  std::condition_variable_any wake_;
  bool woken_ = false;  // guarded by mutex_

  // Last: the thread uses everything above.
  std::jthread thread_;
};

}  // namespace nara::alert
