// Carries out what was committed: offers and withdrawals to screens, the new
// form to watchers.
//
// Threads of this process commit changes of one alert by turns, but may come here
// in another order. The outlet knows the newest version it has carried out of
// each alert and drops what is older, so that an offer never follows the accept
// that ended it.
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

  // Shows an open offer, as it was read from the store, to a link that came.
  void Replay(Links::Id link, const Alert& alert);

 private:
  bool IsNews(const Alert& alert);
  void Carry(const Change& change);

  Links& links_;
  Watchers& watchers_;
  Metrics& metrics_;

  // Held while carrying out: the order of versions is the order on the screens.
  std::mutex mutex_;
  // Guarded by mutex_. The newest versions of the alerts that changed last.
  std::unordered_map<std::string, uint64_t> versions_;
  std::deque<std::string> order_;
};

}  // namespace nara::alert
