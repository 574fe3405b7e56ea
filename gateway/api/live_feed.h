#pragma once

#include <condition_variable>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "common/access/authorizer.h"
#include "common/time/clock.h"
#include "gateway/api/attendance.h"
#include "gateway/http/event_queue.h"
#include "gateway/ports.h"

namespace nara::gateway {

// Everything that one client may see, live: the fleet's counts, alerts as they change, observations as they come.
// However many pages the client has open, the services are asked once. What broke is begun again each second; pages are
// told to read again when something may be missing. Owns one thread for each source; the destructor ends them within a
// second.
//
// An alarm centre's feed attends as its receiver too, while a page really follows: one whose browser has taken its
// events within kFollows. The server writes to a browser more often than that and closes who does not take it, so a
// longer silence means that this process hangs. The router's pulse is passed on to its pages as it comes: they say when
// it does not.
class LiveFeed {
 public:
  static constexpr absl::Duration kFollows = absl::Seconds(8);

  // All must outlive it.
  LiveFeed(Caller caller, Ports ports, Metrics& metrics, const Clock& clock);
  ~LiveFeed();

  // An alarm centre attends when it returns.
  void Attach(const std::shared_ptr<EventQueue>& queue, const std::string& last_event_id);
  std::size_t followers() { return ring_.followers(); }

  // What was observed of these residents reaches no page any more that has not had it.
  void Forget(const std::set<std::string>& residents) { ring_.Forget(residents); }

  // A page shows the offer with this version of the alert.
  absl::Status Delivered(const std::string& alert, std::uint64_t version);

 private:
  using Source = absl::Status (LiveFeed::*)(std::stop_token);
  // Runs a source for ever, with a second's pause between; `count` is told each time that it ended by itself.
  void Keep(const char* name, Source source, void (Metrics::*count)());
  absl::Status FollowAlerts(std::stop_token stop);
  absl::Status FollowObservations(std::stop_token stop);
  absl::Status FollowFleet(std::stop_token stop);
  void Beat(std::stop_token stop);
  void PassOn(const alert::v1::Heartbeat& pulse);
  void AttendWhileFollowed(std::stop_token stop);
  // False when `stop` was asked for.
  bool Sleep(std::stop_token stop, absl::Duration duration);

  const Caller caller_;
  const Ports ports_;
  Metrics& metrics_;
  const Clock& clock_;
  EventRing ring_;
  std::optional<Attendance> attendance_;  // of an alarm centre
  std::string cursor_;                    // of the observations' thread alone
  std::string fleet_;                     // of the fleet's thread alone: what was last published
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::vector<std::jthread> threads_;  // last: they use everything above
};

// The feeds of all clients with an open page. A feed ends when its last page has been gone for ten seconds: who comes
// back before finds what it missed. That is no attendance, which ends sooner. Any thread.
class LiveFeeds {
 public:
  // Open pages of all clients, fewer than a server's connections so that requests get through; and of one client.
  // What others than alarm centres cannot take stays for these: their pages are how an alarm reaches somebody.
  static constexpr std::size_t kMostPages = 768;
  static constexpr std::size_t kMostOfOthers = 512;
  static constexpr std::size_t kMostOfOneClient = 256;

  // All must outlive it.
  LiveFeeds(Ports ports, Metrics& metrics, const Clock& clock);
  ~LiveFeeds();

  // Whether a page may still follow: asked several times a second, by a thread of the feeds, until Stop.
  using Allowed = std::function<bool()>;

  // A queue with what the caller may see, from `last_event_id` on; closed within half a second when the page may follow
  // no more. UNAVAILABLE or RESOURCE_EXHAUSTED, reason TOO_MANY_PAGES, when too many are open, in all or of this
  // client.
  absl::StatusOr<std::shared_ptr<EventQueue>> Open(const Caller& caller, const std::string& last_event_id,
                                                   Allowed allowed);
  // A page of the client shows the offer with this version of the alert. NotAttending() when the client has no feed
  // that attends.
  absl::Status Delivered(const std::string& client, const std::string& alert, std::uint64_t version);
  // What these residents let others see has changed: what was observed of them, and has
  // not reached a page yet, is read again under today's rights. Does not block.
  void Forget(const std::set<std::string>& residents);
  // Closes every queue and ends every feed.
  void Stop();

 private:
  struct Entry {
    std::shared_ptr<LiveFeed> feed;
    absl::Duration used;
  };
  struct Page {
    std::shared_ptr<EventQueue> queue;
    Allowed allowed;
  };
  void ClosePages();
  // REQUIRES: mutex_ is held.
  absl::Status MayOpen(const Caller& caller) const;
  // Feeds that nobody follows, taken out so that they end outside the lock.
  std::vector<std::shared_ptr<LiveFeed>> TakeIdle();

  void Watch(std::stop_token stop);

  const Ports ports_;
  Metrics& metrics_;
  const Clock& clock_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::map<std::string, Entry> feeds_;  // by client; guarded by mutex_
  std::list<Page> pages_;               // guarded by mutex_: all that are open
  bool stopped_ = false;                // guarded by mutex_
  std::jthread watch_;                  // last: uses everything above
};

}  // namespace nara::gateway
