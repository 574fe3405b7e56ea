// Moves alerts when their time or a link has come: time-outs, repetitions and
// expiry; the next step when a link broke, or had not come when the settling time
// (links.h) ended; what waits or is open when one came.
//
// Several routers may run one: a due row is taken by whoever locks it first. Due
// is decided by the database's clock; ours only says when to look, at least each
// 250 ms.
//
// Threads: LinkCame and LinkWent from any, never blocking. Round from one at a
// time: the thread between Start and Stop, or a test.
#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "alert_router/ledger.h"
#include "alert_router/links.h"
#include "alert_router/outlet.h"

namespace nara::alert {

class Caretaker {
 public:
  // All must outlive it.
  struct Deps {
    Ledger& ledger;
    Store& store;
    Links& links;
    Outlet& outlet;
    Metrics& metrics;
  };

  explicit Caretaker(Deps deps) : deps_(deps) {}
  ~Caretaker() { Stop(); }

  // The link gets what is open at its receiver, and what waits there is offered.
  void LinkCame(Links::Id link, const std::string& receiver);

  // What is offered to the receiver goes to its next step, unless it is reachable
  // (again).
  void LinkWent(const std::string& receiver);

  // Settles doubts, does what links asked for and what is due. What the store could
  // not do is kept for the next round. Returns how long the next round may wait.
  std::chrono::microseconds Round();

  void Start();
  void Stop();

 private:
  using Asked = std::map<std::string, std::set<Links::Id>>;  // by receiver

  void EndSettling();
  absl::Status ServeLinks();
  absl::Status Break(const std::string& receiver);
  absl::Status Welcome(const std::string& receiver, const std::set<Links::Id>& links);
  absl::Status MoveDue();
  absl::Status Tidy();
  void Note(const absl::Status& status);
  void Loop(const std::stop_token& stop);

  const Deps deps_;

  // Only the round's thread.
  bool store_is_down_ = false;
  std::chrono::steady_clock::time_point next_tidy_{};

  std::mutex mutex_;
  std::condition_variable_any wake_;
  // Guarded by mutex_.
  Asked came_;
  std::set<std::string> went_;

  // Last: the thread uses everything above.
  std::jthread thread_;
};

}  // namespace nara::alert
