// The live end of all subscriptions: what the feed reads passes here once and goes
// to every live subscription's queue. It keeps the last records, so that whoever
// catches up can step over to live without a seam.
//
// Threads: all methods may be called from any thread. `wake` is called without the
// hub's lock, on the thread that feeds.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <unordered_set>
#include <vector>

#include "data_broker/subscription.h"

namespace nara::broker {

class Hub {
 public:
  // Told of a subscription that has something to take.
  using Wake = std::function<void(const SubscriptionPtr&)>;

  // Keeps `keep` records for joining: about 1 kB each.
  explicit Hub(std::size_t keep = 8192) : keep_(keep) {}

  // Before the first Add.
  void OnPending(Wake wake) { wake_ = std::move(wake); }

  // The feed begins at `head`, the ends of the logs: for the first time, or again
  // after a gap. Nothing before it passes here, so who was live has to catch up.
  void Begin(const Positions& head);

  // How far the feed is; nothing before Begin.
  std::optional<Positions> head() const;

  // Adds a subscription, in catch-up until Join. Remove ends its feeding; what is
  // under way on another thread may still reach its queue.
  void Add(const SubscriptionPtr& subscription);
  void Remove(const SubscriptionPtr& subscription);

  // Passes on what the feed read, each log in its order. `head` is how far all logs
  // have been read with this.
  void Publish(std::span<const CareRecordPtr> records, const Positions& head);

  // Makes a catching-up subscription live when what it lacks is still kept and fits
  // into its queue; what fits is queued anyway. True when it is live.
  bool Join(const SubscriptionPtr& subscription);

 private:
  std::vector<SubscriptionPtr> BeginAt(const Positions& head);
  std::vector<SubscriptionPtr> Spread(std::span<const CareRecordPtr> records, const Positions& head);
  void Keep(std::span<const CareRecordPtr> records);

  const std::size_t keep_;
  Wake wake_;  // constant once subscriptions are added

  mutable std::mutex mutex_;
  // State below is protected by mutex_.
  Subscription::SharedPositions head_;
  Positions forgotten_;  // everything kept is behind these
  std::deque<CareRecordPtr> kept_;
  std::unordered_set<SubscriptionPtr> subscriptions_;
};

}  // namespace nara::broker
