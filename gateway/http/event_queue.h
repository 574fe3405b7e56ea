#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/time/clock.h"

// Server-sent events: what each browser waits for, and the ring from which one that was away is served.
namespace nara::gateway {

// Events in wire form on their way to one browser. Bounded: a browser that does not read is cut off and comes back with
// its Last-Event-ID. Any thread.
class EventQueue {
 public:
  static constexpr std::size_t kCapacity = 1024;

  explicit EventQueue(const Clock& clock = SystemClock::Instance()) : clock_(clock), taken_(clock.Monotonic()) {}

  // False when the queue is closed; closes it when it is full.
  bool Push(const std::string& event);
  void Close();
  // Closes it, and drops what waits: the browser comes back for what it may still have.
  void Drop();
  bool closed() const;

  // Everything that waits; "" when nothing does. Taken again only when the browser has taken what was taken before.
  std::string TakeAll();
  // How long ago that was, or the queue was made: what shows that somebody really follows.
  absl::Duration quiet() const;

  // `wake` is called after each Push and Close, from their thread; it must not block. Set once, by who takes.
  void OnReady(std::function<void()> wake);

 private:
  void Wake();

  const Clock& clock_;
  mutable std::mutex mutex_;
  std::deque<std::string> events_;  // guarded by mutex_
  absl::Duration taken_;            // guarded by mutex_: by the clock's monotonic time
  bool closed_ = false;             // guarded by mutex_
  std::function<void()> wake_;      // guarded by mutex_
};

// "id: …\nevent: …\ndata: …\n\n"; no id line for an empty id. `data` must be without line breaks.
std::string EventText(std::string_view id, std::string_view name, std::string_view data);

// The last events of one feed and the queues that follow it. Any thread.
//
// Ids are "<incarnation>-<number>": an id of another incarnation (a restart) or one that has left the ring yields a
// `reset` event, after which the page reads everything again. Nothing is skipped silently.
class EventRing {
 public:
  explicit EventRing(std::string incarnation, std::size_t capacity = 1024)
      : incarnation_(std::move(incarnation)), capacity_(capacity) {}

  // `about` says whose it is, for Forget; empty: nobody's.
  void Publish(std::string_view name, std::string_view data, std::string_view about = {});
  // Drops every event about one of these, and every queue in which one may wait.
  void Forget(const std::set<std::string>& about);
  // To those who are connected, without an id and without a place in the ring: what is true only now.
  void Tell(std::string_view name, std::string_view data);

  // First what came after `last_event_id` ("" for a new page), then everything that follows.
  void Attach(const std::shared_ptr<EventQueue>& queue, const std::string& last_event_id);
  // Closes every queue.
  void CloseAll();
  // Queues that are not closed, and of which something was taken within this time.
  std::size_t followers(absl::Duration within = absl::InfiniteDuration());

 private:
  struct Event {
    std::uint64_t number;
    std::string text;
    std::string about;
  };
  void PushToAll(const std::string& text);
  // True when everything after `id` is still in the ring; sets `after`.
  bool Resumable(const std::string& id, std::uint64_t& after) const;

  const std::string incarnation_;
  const std::size_t capacity_;
  std::mutex mutex_;
  std::deque<Event> events_;                         // guarded by mutex_
  std::uint64_t last_ = 0;                           // guarded by mutex_
  std::vector<std::shared_ptr<EventQueue>> queues_;  // guarded by mutex_
};

}  // namespace nara::gateway
