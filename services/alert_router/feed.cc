#include "alert_router/feed.h"

#include <algorithm>

namespace nara::alert {
namespace {

// Offers go into the stream while fewer messages wait there; what else its queue holds is for withdrawals and pulses.
constexpr std::size_t kRoom = 128;
// A page is read when at least half of it has room.
constexpr std::size_t kRefillAt = kRoom / 2;
// A hundred times what waits in a stream.
constexpr std::size_t kMostWithdrawals = 16'384;

// Before every offer that was made at the same moment: those of one transaction are shown in an order of its own.
Place JustBefore(const Alert& alert) {
  return {alert.offered_at, {}, ""};
}

}  // namespace

bool Feed::HasRoom() const {
  return withdrawals_.empty() && screen_->waiting() < kRoom;
}

bool Feed::Show(const Alert& alert) {
  if (!HasRoom() || !screen_->Offer(alert)) return false;
  ++given_;
  return true;
}

bool Feed::Offer(const Alert& alert) {
  std::scoped_lock lock(mutex_);
  if (!behind_ && Show(alert)) return true;
  const Place before = JustBefore(alert);
  if (!behind_) shown_to_ = before;
  behind_ = true;
  made_meanwhile_ = std::min(made_meanwhile_.value_or(before), before);
  return false;
}

bool Feed::Withdraw(const std::shared_ptr<const Withdrawal>& withdrawal) {
  std::scoped_lock lock(mutex_);
  if (withdrawals_.empty() && screen_->Withdraw(withdrawal->alert, withdrawal->reason)) {
    ++given_;
    return true;
  }
  if (withdrawals_.size() >= kMostWithdrawals) return false;
  withdrawals_.push_back(withdrawal);
  return true;
}

void Feed::Beat(const Pulse& pulse) {
  std::scoped_lock lock(mutex_);
  if (screen_->Beat(pulse)) ++given_;
}

std::optional<Place> Feed::NextPage() {
  std::scoped_lock lock(mutex_);
  while (!withdrawals_.empty() && screen_->Withdraw(withdrawals_.front()->alert, withdrawals_.front()->reason)) {
    ++given_;
    withdrawals_.pop_front();
  }
  if (!behind_ || !withdrawals_.empty() || screen_->waiting() > kRefillAt) return std::nullopt;
  shown_to_ = std::min(shown_to_, made_meanwhile_.value_or(shown_to_));
  made_meanwhile_.reset();
  return shown_to_;
}

void Feed::Refill(const std::vector<Alert>& page, bool more, const std::function<bool(const Alert&)>& holds) {
  std::scoped_lock lock(mutex_);
  for (const Alert& alert : page) {
    if (holds(alert) && !Show(alert)) return;
    shown_to_ = PlaceOf(alert);
  }
  behind_ = more || made_meanwhile_.has_value();
}

bool Feed::IsBehind() const {
  std::scoped_lock lock(mutex_);
  return behind_ || !withdrawals_.empty();
}

bool Feed::IsStalled(SteadyTime now, std::chrono::milliseconds patience) {
  std::scoped_lock lock(mutex_);
  const std::size_t waiting = screen_->waiting();
  const std::size_t taken = given_ - waiting;
  if (waiting == 0 || taken != taken_) moved_at_ = now;
  taken_ = taken;
  return now - moved_at_ >= patience;
}

}  // namespace nara::alert
