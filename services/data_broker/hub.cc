#include "data_broker/hub.h"

#include <utility>

namespace nara::broker {

void Hub::Begin(const Positions& head) {
  for (const SubscriptionPtr& behind : BeginAt(head)) wake_(behind);
}

std::vector<SubscriptionPtr> Hub::BeginAt(const Positions& head) {
  const std::lock_guard lock(mutex_);
  head_ = std::make_shared<const Positions>(head);
  forgotten_ = head;
  kept_.clear();
  std::vector<SubscriptionPtr> behind;
  for (const SubscriptionPtr& subscription : subscriptions_) {
    if (subscription->FallBehind()) behind.push_back(subscription);
  }
  return behind;
}

std::optional<Positions> Hub::head() const {
  const std::lock_guard lock(mutex_);
  if (head_ == nullptr) return std::nullopt;
  return *head_;
}

void Hub::Add(const SubscriptionPtr& subscription) {
  const std::lock_guard lock(mutex_);
  subscriptions_.insert(subscription);
}

void Hub::Remove(const SubscriptionPtr& subscription) {
  const std::lock_guard lock(mutex_);
  subscriptions_.erase(subscription);
}

void Hub::Publish(std::span<const CareRecordPtr> records, const Positions& head) {
  for (const SubscriptionPtr& pending : Spread(records, head)) wake_(pending);
}

std::vector<SubscriptionPtr> Hub::Spread(std::span<const CareRecordPtr> records, const Positions& head) {
  const std::lock_guard lock(mutex_);
  head_ = std::make_shared<const Positions>(head);
  Keep(records);
  std::vector<SubscriptionPtr> pending;
  for (const SubscriptionPtr& subscription : subscriptions_) {
    if (subscription->Offer(records, head_)) pending.push_back(subscription);
  }
  return pending;
}

void Hub::Keep(std::span<const CareRecordPtr> records) {
  kept_.insert(kept_.end(), records.begin(), records.end());
  while (kept_.size() > keep_) {
    forgotten_[kept_.front()->log] = kept_.front()->position;
    kept_.pop_front();
  }
}

bool Hub::Join(const SubscriptionPtr& subscription) {
  const std::lock_guard lock(mutex_);
  if (head_ == nullptr || !Covers(subscription->considered(), forgotten_)) return false;
  return subscription->GoLive(kept_, head_);
}

}  // namespace nara::broker
