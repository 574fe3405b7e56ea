#include "alert_router/outlet.h"

namespace nara::alert {
namespace {

// Alerts whose versions are remembered: more than change within the time that a
// thread may sleep between its commit and the outlet.
constexpr std::size_t kRemembered = 20'000;

}  // namespace

void Outlet::Publish(const std::vector<Change>& changes) {
  std::scoped_lock lock(mutex_);
  for (const Change& change : changes) {
    metrics_.Count(change);
    if (!IsNews(change.alert)) continue;
    Carry(change);
    watchers_.Show(change.alert);
  }
}

void Outlet::Replay(Links::Id link, const Alert& alert) {
  std::scoped_lock lock(mutex_);
  const auto known = versions_.find(alert.id);
  if (known == versions_.end() || known->second <= alert.version) links_.Replay(link, alert);
}

bool Outlet::IsNews(const Alert& alert) {
  const auto [known, is_new] = versions_.try_emplace(alert.id, 0);
  if (is_new) order_.push_back(alert.id);
  if (alert.version <= known->second) return false;
  known->second = alert.version;
  if (order_.size() > kRemembered) {
    versions_.erase(order_.front());
    order_.pop_front();
  }
  return true;
}

void Outlet::Carry(const Change& change) {
  for (const Effect& effect : change.effects) {
    if (effect.kind == Effect::Kind::kWithdraw) {
      links_.Withdraw(effect.receiver, change.alert, effect.reason);
    } else if (effect.kind == Effect::Kind::kOffer) {
      links_.Offer(change.alert);
    }
  }
}

}  // namespace nara::alert
