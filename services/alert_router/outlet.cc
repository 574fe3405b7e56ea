#include "alert_router/outlet.h"

namespace nara::alert {
namespace {

// Alerts whose versions are remembered: more than change within the time that a
// thread may sleep between its commit and the outlet.
constexpr std::size_t kRemembered = 20'000;

bool IsOnScreen(const Alert& alert) {
  return alert.state == State::kOffered && !alert.waiting;
}

}  // namespace

void Outlet::Publish(const std::vector<Change>& changes) {
  std::scoped_lock lock(mutex_);
  std::vector<const Alert*> shown;
  for (const Change& change : changes) {
    const Alert& alert = change.alert;
    metrics_.Count(change);
    Newest& newest = NewestOf(alert.id);
    if (alert.version < newest.version) CarryWhatHolds(change, newest);
    if (alert.version <= newest.version) continue;
    newest = {alert.version, alert.offer_version, IsOnScreen(alert) ? alert.receiver : ""};
    for (const Effect& effect : change.effects) Carry(change, effect);
    shown.push_back(&alert);
  }
  for (const Alert* alert : shown) watchers_.Show(*alert);
}

void Outlet::Refill(Feed& feed, const std::vector<Alert>& page, bool more) {
  std::scoped_lock lock(mutex_);
  feed.Refill(page, more, [this](const Alert& alert) {
    const auto known = newest_.find(alert.id);
    return known == newest_.end() || known->second.version <= alert.version;
  });
}

Outlet::Newest& Outlet::NewestOf(const std::string& alert) {
  const auto [known, is_new] = newest_.try_emplace(alert);
  if (!is_new) return known->second;
  order_.push_back(alert);
  if (order_.size() > kRemembered) {
    newest_.erase(order_.front());
    order_.pop_front();
  }
  return known->second;
}

void Outlet::CarryWhatHolds(const Change& change, const Newest& newest) {
  for (const Effect& effect : change.effects) {
    const bool is_there = newest.receiver == effect.receiver;
    const bool is_newest_offer = is_there && newest.offer_version == change.alert.offer_version;
    if (effect.kind == Effect::Kind::kOffer ? is_newest_offer : !is_there) Carry(change, effect);
  }
}

void Outlet::Carry(const Change& change, const Effect& effect) {
  if (effect.kind == Effect::Kind::kWithdraw) {
    links_.Withdraw(effect.receiver, change.alert, effect.reason);
  } else if (effect.kind == Effect::Kind::kOffer) {
    links_.Offer(change.alert);
  }
}

}  // namespace nara::alert
