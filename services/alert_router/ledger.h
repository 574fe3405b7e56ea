// One transaction of moves: committed, then carried out.
#pragma once

#include <functional>

#include "alert_router/moves.h"
#include "alert_router/outlet.h"

namespace nara::alert {

// Threads: any.
class Ledger {
 public:
  // All must outlive it.
  Ledger(Store& store, const Answers& answers, const Links& links, Outlet& outlet, Metrics& metrics)
      : store_(store), answers_(answers), reachable_(links.AsReachable()), outlet_(outlet), metrics_(metrics) {}

  // Runs `work` in a transaction (again from nothing when it was aborted) and,
  // when it is committed, gives its changes to the outlet. Unavailable: the
  // outcome is unknown; what was committed then is found by the caretaker.
  absl::Status Commit(const std::function<absl::Status(Moves&)>& work);

 private:
  Store& store_;
  const Answers& answers_;
  const Reachable reachable_;
  Outlet& outlet_;
  Metrics& metrics_;
};

}  // namespace nara::alert
