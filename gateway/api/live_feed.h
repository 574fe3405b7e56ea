#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "common/access/authorizer.h"
#include "gateway/http/event_queue.h"
#include "gateway/ports.h"

namespace nara::gateway {

// Everything that one client may see, live: the fleet's counts, alerts as they change, observations as they come.
// However many pages the client has open, the services are asked once. What broke is begun again each second; pages are
// told to read again when something may be missing. Owns one thread for each source; Stop (or the destructor) ends them
// within a second.
class LiveFeed {
 public:
  // An alarm centre's feed attends as its receiver too: whoever has the page open can be reached.
  LiveFeed(Caller caller, Ports ports);
  ~LiveFeed();

  void Attach(const std::shared_ptr<EventQueue>& queue, const std::string& last_event_id) {
    ring_.Attach(queue, last_event_id);
  }
  std::size_t followers() { return ring_.followers(); }

 private:
  using Source = std::function<absl::Status(std::stop_token)>;
  // Runs a source for ever, with a second's pause between.
  void Keep(const char* name, Source source);
  absl::Status FollowAlerts(std::stop_token stop);
  absl::Status FollowObservations(std::stop_token stop);
  absl::Status FollowFleet(std::stop_token stop);
  absl::Status Beat(std::stop_token stop);
  // False when `stop` was asked for.
  bool Sleep(std::stop_token stop, absl::Duration duration);

  const Caller caller_;
  const Ports ports_;
  EventRing ring_;
  std::string cursor_;  // of the observations' thread alone
  std::string fleet_;   // of the fleet's thread alone: what was last published
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::vector<std::jthread> threads_;  // last: they use everything above
};

// The feeds of all clients with an open page. A feed ends when its last page has been gone for
// ten seconds, and with it the attendance of an alarm centre. Any thread.
class LiveFeeds {
 public:
  explicit LiveFeeds(Ports ports);
  ~LiveFeeds();

  // A queue with what the caller may see, from `last_event_id` on.
  std::shared_ptr<EventQueue> Open(const Caller& caller, const std::string& last_event_id);
  // Closes every queue and ends every feed.
  void Stop();

 private:
  struct Entry {
    std::shared_ptr<LiveFeed> feed;
    std::chrono::steady_clock::time_point used;
  };
  // Feeds that nobody follows, taken out so that they end outside the lock.
  std::vector<std::shared_ptr<LiveFeed>> TakeIdle();

  void Reap(std::stop_token stop);

  const Ports ports_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::map<std::string, Entry> feeds_;  // by client; guarded by mutex_
  bool stopped_ = false;                // guarded by mutex_
  std::jthread reaper_;                 // last: uses everything above
};

}  // namespace nara::gateway
