// Moves alerts when their time or a link has come: time-outs, repetitions and
// expiry; the next step when a link broke, or had not come when the settling time
// (links.h) ended; what waits when one came.
//
// It works in pieces: one transaction moves at most 200 alerts, and when many must
// move, each cause and each receiver gets one piece in its turn. Those that stand
// longest move first; what is raised meanwhile does not wait for them.
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
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "alert_router/ledger.h"
#include "alert_router/links.h"

namespace nara::alert {

class Caretaker {
 public:
  // All must outlive it.
  struct Deps {
    Ledger& ledger;
    Store& store;
    Links& links;
    Metrics& metrics;
  };

  explicit Caretaker(Deps deps) : deps_(deps) {}
  ~Caretaker() { Stop(); }

  // What waits for the receiver is offered there.
  void LinkCame(const std::string& receiver);

  // What is offered to the receiver goes to its next step, unless it is reachable
  // (again).
  void LinkWent(const std::string& receiver);

  // Settles doubts, does a piece of what links asked for and of what is due. What the
  // store could not do, and what is left, is kept for the next round. Returns how long the next round may wait.
  std::chrono::microseconds Round();

  void Start();
  void Stop();

 private:
  using Asked = std::set<std::string>;  // receivers
  using Pick = std::function<absl::StatusOr<std::vector<Alert>>(Rows& rows)>;
  using Move = std::function<Change(const Alert& alert, const Reachable& reachable, Time now)>;

  void EndSettling();
  absl::Status ServeLinks();
  absl::StatusOr<bool> Break(const std::string& receiver);
  absl::StatusOr<bool> Welcome(const std::string& receiver);
  absl::StatusOr<bool> MoveSome(const Pick& pick, const Move& move);
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
  Asked went_;

  // Last: the thread uses everything above.
  std::jthread thread_;
};

}  // namespace nara::alert
