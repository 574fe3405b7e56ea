#include "alert_router/ledger.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "common/log/log.h"

namespace nara::alert {
namespace {

constexpr std::chrono::seconds kDoubtFor{10};
// More than the commits of all threads hold together.
constexpr std::size_t kMostDoubts = 20'000;

// Reasons that lie with the store, and not with what was asked of it.
bool IsOutage(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status) || absl::IsResourceExhausted(status) ||
         absl::IsInternal(status);
}

}  // namespace

absl::Status Ledger::Commit(const std::function<absl::Status(Moves&)>& work) {
  std::vector<Change> changes;
  bool worked = false;
  const absl::Status committed = store_.Run([&](Rows& rows) {
    Moves moves(rows, answers_, reachable_);
    const absl::Status done = work(moves);
    worked = done.ok();
    changes = moves.Take();
    return done;
  });
  if (committed.ok()) outlet_.Publish(changes);
  if (!IsOutage(committed)) return committed;
  metrics_.StoreFailed();
  if (worked) Keep(std::move(changes));
  return committed;
}

void Ledger::Keep(std::vector<Change> changes) {
  std::scoped_lock lock(mutex_);
  for (Change& change : changes) {
    if (doubts_.size() < kMostDoubts) doubts_.push_back({std::move(change), {}});
  }
}

absl::Status Ledger::SettleDoubts(SteadyTime now) {
  std::vector<Doubt> doubts;
  {
    std::scoped_lock lock(mutex_);
    doubts = std::exchange(doubts_, {});
  }
  absl::Status status;
  std::erase_if(doubts, [&](Doubt& doubt) {
    if (!status.ok()) return false;
    const auto settled = IsSettled(doubt, now);
    status = settled.status();
    return settled.ok() && *settled;
  });
  std::scoped_lock lock(mutex_);
  std::move(doubts.begin(), doubts.end(), std::back_inserter(doubts_));
  return status;
}

absl::StatusOr<bool> Ledger::IsSettled(Doubt& doubt, SteadyTime now) {
  const auto committed = WasCommitted(doubt.change);
  if (!committed.ok()) return committed.status();
  if (*committed) {
    log::Warn("ledger", "a commit whose reply was lost had happened", {{"alert", doubt.change.alert.id}});
    outlet_.Publish({doubt.change});
    return true;
  }
  if (!doubt.until) doubt.until = now + kDoubtFor;
  return now >= *doubt.until;
}

absl::StatusOr<bool> Ledger::WasCommitted(const Change& change) {
  const auto found = store_.Get(change.alert.id);
  if (absl::IsNotFound(found.status())) return false;
  if (!found.ok()) return found.status();
  const auto& history = found->history;
  return std::find(history.begin(), history.end(), change.history.back()) != history.end();
}

}  // namespace nara::alert
