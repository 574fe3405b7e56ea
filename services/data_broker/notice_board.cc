#include "data_broker/notice_board.h"

#include <algorithm>
#include <utility>

#include "common/log/log.h"
#include "common/time/pause.h"

namespace nara::broker {

NoticeBoard::NoticeBoard(Options options, Deps deps)
    : options_(options), deps_(deps), pause_(options.poll, options.last_pause) {}

NoticeBoard::~NoticeBoard() {
  Stop();
}

void NoticeBoard::Start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
}

void NoticeBoard::Stop() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  thread_.join();
}

void NoticeBoard::Add(const SubscriptionPtr& subscription) {
  const std::lock_guard lock(mutex_);
  subscriptions_.insert(subscription);
}

void NoticeBoard::Remove(const SubscriptionPtr& subscription) {
  const std::lock_guard lock(mutex_);
  subscriptions_.erase(subscription);
}

void NoticeBoard::Run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const absl::Status looked = Look();
    const absl::StatusOr<bool> more = looked.ok() ? ServeAll(stop) : looked;
    if (more.ok()) {
      pause_.Reset();
      Pause(stop, *more ? options_.again : options_.poll);
      continue;
    }
    deps_.metrics.NoticesFailed();
    log::Warn("notices", "corrections cannot be read; trying again", {{"error", more.status().ToString()}});
    Pause(stop, pause_.Failed());
  }
}

absl::Status NoticeBoard::Look() {
  const absl::StatusOr<NoticeHead> head = deps_.history.Noticed();
  if (!head.ok()) return head.status();
  if (!deps_.audience.Knows(head->revision)) {
    const absl::Duration now = deps_.clock.Monotonic();
    ahead_since_ = std::min(ahead_since_, now);
    if (now - ahead_since_ < absl::FromChrono(options_.patience)) return absl::OkStatus();
  }
  ahead_since_ = absl::InfiniteDuration();
  head_ = head->number;
  return absl::OkStatus();
}

std::vector<SubscriptionPtr> NoticeBoard::Behind() const {
  const std::lock_guard lock(mutex_);
  std::vector<SubscriptionPtr> behind;
  std::ranges::copy_if(subscriptions_, std::back_inserter(behind),
                       [&](const SubscriptionPtr& subscription) { return subscription->noticed() < head_; });
  return behind;
}

// True when there is more for somebody.
absl::StatusOr<bool> NoticeBoard::ServeAll(const std::stop_token& stop) {
  bool more = false;
  for (const SubscriptionPtr& subscription : Behind()) {
    if (stop.stop_requested()) return false;
    if (subscription->closed()) continue;
    const absl::StatusOr<bool> has_more = Serve(subscription);
    if (!has_more.ok()) return has_more;
    more = more || *has_more;
  }
  return more;
}

absl::StatusOr<bool> NoticeBoard::Serve(const SubscriptionPtr& subscription) {
  const Wish& wish = subscription->wish();
  const std::size_t room = std::min(subscription->NoticeRoom(), options_.piece);
  if (room == 0) return true;
  absl::StatusOr<std::vector<Notice>> notices = deps_.history.Notices({.reach = deps_.audience.ReachOf(wish.caller),
                                                                       .kinds = wish.kinds,
                                                                       .after = subscription->noticed(),
                                                                       .until = head_,
                                                                       .limit = room});
  if (!notices.ok()) return notices.status();
  const bool more = notices->size() == room;
  const std::uint64_t noticed = more ? notices->back().number : head_.load();
  if (subscription->Notify(*std::move(notices), noticed)) wake_(subscription);
  return more;
}

}  // namespace nara::broker
