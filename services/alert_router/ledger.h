// One transaction of moves: committed, then carried out.
//
// When the reply to a commit is lost nobody knows whether it happened, and its
// offers and withdrawals hang in the air. Such changes are kept as doubts; the
// caretaker has them looked up, and what was committed is carried out then.
#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <optional>
#include <vector>

#include "alert_router/moves.h"
#include "alert_router/outlet.h"

namespace nara::alert {

// Threads: any.
class Ledger {
 public:
  using SteadyTime = std::chrono::steady_clock::time_point;

  // All must outlive it.
  Ledger(Store& store, const Answers& answers, const Links& links, Outlet& outlet, Metrics& metrics)
      : store_(store), answers_(answers), reachable_(links.AsReachable()), outlet_(outlet), metrics_(metrics) {}

  // Runs `work` in a transaction (again from nothing when it was aborted) and,
  // when it is committed, gives its changes to the outlet. Unavailable: the
  // outcome is unknown.
  absl::Status Commit(const std::function<absl::Status(Moves&)>& work);

  // Carries out the doubts that were committed. Those that were not are looked at for
  // ten seconds more, since the database may still be at it, and then forgotten.
  absl::Status SettleDoubts(SteadyTime now);

 private:
  struct Doubt {
    Change change;
    std::optional<SteadyTime> until;  // counted from the first look
  };

  void Keep(std::vector<Change> changes);
  absl::StatusOr<bool> IsSettled(Doubt& doubt, SteadyTime now);
  absl::StatusOr<bool> WasCommitted(const Change& change);

  Store& store_;
  const Answers& answers_;
  const Reachable reachable_;
  Outlet& outlet_;
  Metrics& metrics_;

  std::mutex mutex_;
  // Guarded by mutex_.
  std::vector<Doubt> doubts_;
};

}  // namespace nara::alert
