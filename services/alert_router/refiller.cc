#include "alert_router/refiller.h"

#include <utility>

namespace nara::alert {
namespace {

constexpr int kPage = 128;
constexpr std::chrono::milliseconds kLookEach{10};
constexpr std::chrono::milliseconds kPause{250};

}  // namespace

void Refiller::Wake() {
  std::scoped_lock lock(mutex_);
  woken_ = true;
  wake_.notify_all();
}

absl::StatusOr<bool> Refiller::Round() {
  bool behind = false;
  for (const Links::Link& link : links_.All()) {
    if (!link.feed->IsBehind()) continue;
    if (absl::Status refilled = Refill(link); !refilled.ok()) return refilled;
    behind = behind || link.feed->IsBehind();
  }
  return behind;
}

absl::Status Refiller::Refill(const Links::Link& link) {
  const std::optional<Place> after = link.feed->NextPage();
  if (!after) return absl::OkStatus();
  const auto page = store_.Offered(link.receiver, *after, kPage);
  if (!page.ok()) return page.status();
  outlet_.Refill(*link.feed, *page, page->size() == kPage);
  return absl::OkStatus();
}

void Refiller::Start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { Loop(stop); });
}

void Refiller::Stop() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  thread_.join();
}

void Refiller::Loop(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const auto behind = Round();
    std::unique_lock lock(mutex_);
    if (!behind.ok()) {
      wake_.wait_for(lock, stop, kPause, [] { return false; });
    } else if (*behind) {
      wake_.wait_for(lock, stop, kLookEach, [] { return false; });
    } else {
      wake_.wait(lock, stop, [this] { return std::exchange(woken_, false); });
    }
  }
}

}  // namespace nara::alert
