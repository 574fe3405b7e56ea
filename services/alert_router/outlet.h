// Carries out what was committed: offers and withdrawals to screens, the new
// form to watchers.
//
// Threads of this process commit changes of one alert by turns, but may come here
// in another order. The outlet knows the newest form of each alert that it has
// seen. Of an older change it carries out what still holds: an offer that is the
// newest one's, a withdrawal from where the newest one is not offered. So an offer
// never follows the accept that ended it, and none is lost because something small
// overtook it.
//
// Offers of a commit go out before any watcher hears of it.
//
// Threads: any; never blocks.
#pragma once

#include <deque>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "alert_router/links.h"
#include "alert_router/metrics.h"
#include "alert_router/watchers.h"

namespace nara::alert {

class Outlet {
 public:
  // All must outlive it.
  Outlet(Links& links, Watchers& watchers, Metrics& metrics) : links_(links), watchers_(watchers), metrics_(metrics) {}

  void Publish(const std::vector<Change>& changes);

  // Shows offers, as they were just read from the store, to a link that is behind:
  // but for those that a newer change has overtaken.
  void Refill(Feed& feed, const std::vector<Alert>& page, bool more);

 private:
  // Where the newest form of an alert is offered.
  struct Newest {
    uint64_t version = 0;
    uint64_t offer_version = 0;
    std::string receiver;  // empty when it is at nobody's screen
  };

  Newest& NewestOf(const std::string& alert);
  void CarryWhatHolds(const Change& change, const Newest& newest);
  void Carry(const Change& change, const Effect& effect);

  Links& links_;
  Watchers& watchers_;
  Metrics& metrics_;

  // Held while carrying out: the order of versions is the order on the screens.
  std::mutex mutex_;
  // Guarded by mutex_. The alerts that changed last.
  std::unordered_map<std::string, Newest> newest_;
  std::deque<std::string> order_;
};

}  // namespace nara::alert
