#include "gateway/http/event_queue.h"

#include <algorithm>
#include <charconv>

#include "absl/strings/str_cat.h"
#include "common/time/text.h"

namespace nara::gateway {

bool EventQueue::Push(const std::string& event) {
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return false;
    if (events_.size() >= kCapacity) {
      closed_ = true;
    } else {
      events_.push_back(event);
    }
  }
  Wake();
  return !closed();
}

void EventQueue::Close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  Wake();
}

void EventQueue::Drop() {
  {
    const std::lock_guard lock(mutex_);
    events_.clear();
    closed_ = true;
  }
  Wake();
}

bool EventQueue::closed() const {
  const std::lock_guard lock(mutex_);
  return closed_;
}

std::string EventQueue::TakeAll() {
  const std::lock_guard lock(mutex_);
  taken_ = clock_.Monotonic();
  std::string text;
  for (const std::string& event : events_) text += event;
  events_.clear();
  return text;
}

absl::Duration EventQueue::quiet() const {
  const std::lock_guard lock(mutex_);
  return clock_.Monotonic() - taken_;
}

void EventQueue::OnReady(std::function<void()> wake) {
  const std::lock_guard lock(mutex_);
  wake_ = std::move(wake);
}

void EventQueue::Wake() {
  std::function<void()> wake;
  {
    const std::lock_guard lock(mutex_);
    wake = wake_;
  }
  if (wake) wake();
}

std::string EventText(std::string_view id, std::string_view name, std::string_view data) {
  std::string text;
  if (!id.empty()) absl::StrAppend(&text, "id: ", ToAbsl(id), "\n");
  absl::StrAppend(&text, "event: ", ToAbsl(name), "\ndata: ", ToAbsl(data), "\n\n");
  return text;
}

void EventRing::Publish(std::string_view name, std::string_view data, std::string_view about) {
  const std::lock_guard lock(mutex_);
  ++last_;
  events_.push_back({last_, EventText(absl::StrCat(incarnation_, "-", last_), name, data), std::string(about)});
  if (events_.size() > capacity_) events_.pop_front();
  PushToAll(events_.back().text);
}

void EventRing::Forget(const std::set<std::string>& about) {
  const std::lock_guard lock(mutex_);
  if (std::erase_if(events_, [&](const Event& event) { return about.contains(event.about); }) == 0) return;
  for (const auto& queue : queues_) queue->Drop();
  queues_.clear();
}

void EventRing::Tell(std::string_view name, std::string_view data) {
  const std::lock_guard lock(mutex_);
  PushToAll(EventText("", name, data));
}

void EventRing::PushToAll(const std::string& text) {
  std::erase_if(queues_, [&](const auto& queue) { return !queue->Push(text); });
}

bool EventRing::Resumable(const std::string& id, std::uint64_t& after) const {
  const std::string prefix = incarnation_ + "-";
  if (!id.starts_with(prefix)) return false;
  const char* const end = id.data() + id.size();
  const auto [stop, error] = std::from_chars(id.data() + prefix.size(), end, after);
  if (error != std::errc() || stop != end || after > last_) return false;
  return after == last_ || (!events_.empty() && events_.front().number <= after + 1);
}

void EventRing::Attach(const std::shared_ptr<EventQueue>& queue, const std::string& last_event_id) {
  const std::lock_guard lock(mutex_);
  std::uint64_t after = last_;
  if (!last_event_id.empty() && !Resumable(last_event_id, after)) {
    queue->Push(EventText(absl::StrCat(incarnation_, "-", last_), "reset", "{}"));
    after = last_;
  }
  for (const Event& event : events_) {
    if (event.number > after) queue->Push(event.text);
  }
  queues_.push_back(queue);
}

void EventRing::CloseAll() {
  const std::lock_guard lock(mutex_);
  for (const auto& queue : queues_) queue->Close();
  queues_.clear();
}

std::size_t EventRing::followers(absl::Duration within) {
  const std::lock_guard lock(mutex_);
  std::erase_if(queues_, [](const auto& queue) { return queue->closed(); });
  return std::count_if(queues_.begin(), queues_.end(), [&](const auto& queue) { return queue->quiet() <= within; });
}

}  // namespace nara::gateway
