#include "alert_router/ledger.h"

namespace nara::alert {
namespace {

// Reasons that lie with the store, and not with what was asked of it.
bool IsOutage(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status) || absl::IsResourceExhausted(status) ||
         absl::IsInternal(status);
}

}  // namespace

absl::Status Ledger::Commit(const std::function<absl::Status(Moves&)>& work) {
  std::vector<Change> changes;
  const absl::Status committed = store_.Run([&](Rows& rows) {
    Moves moves(rows, answers_, reachable_);
    const absl::Status done = work(moves);
    changes = moves.Take();
    return done;
  });
  if (committed.ok()) outlet_.Publish(changes);
  if (IsOutage(committed)) metrics_.StoreFailed();
  return committed;
}

}  // namespace nara::alert
