// The open WatchAlerts streams: each gets the open alerts it may see, then every
// change of one, in versions that only grow.
//
// Rights are asked again for each alert that is shown. A watcher whose stream is
// full is closed with RESOURCE_EXHAUSTED; it comes back and starts with a
// snapshot.
//
// What changed waits here for whoever drains it, so that no offer waits for a watcher.
// When too much waits all watchers are closed likewise.
//
// Threads: any. Show never blocks and does next to nothing; Begin waits for the
// stream to take the snapshot. Drained by the thread between Start and Stop, by
// Begin, or by a test.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "alert_router/ports.h"

namespace nara::alert {

class Watchers {
 public:
  using Id = uint64_t;
  // Whether this caller may see this alert now.
  using MaySee = std::function<bool(const std::string& caller, const Alert& alert)>;
  using Snapshot = std::function<absl::StatusOr<std::vector<Alert>>()>;

  explicit Watchers(MaySee may_see) : may_see_(std::move(may_see)) {}
  ~Watchers() { Stop(); }

  // Takes changes from now on, sends what `snapshot` gives, then what changed
  // meanwhile. `principal` narrows what is shown; empty for all.
  absl::StatusOr<Id> Begin(const std::string& caller, const std::string& principal, std::shared_ptr<WatchSink> sink,
                           const Snapshot& snapshot);
  void End(Id id);

  // To everybody who may see it, soon.
  void Show(const Alert& alert);

  // Shows what waits, in its order.
  void Drain();

  void Start();
  void Stop();

  // A heartbeat to everybody.
  void Beat();

  std::size_t size() const;
  void CloseAll(const absl::Status& status);

 private:
  struct Watcher;
  using Pointers = std::vector<std::shared_ptr<Watcher>>;
  std::vector<Alert> TakeWaiting();
  bool CatchUp(Watcher& watcher, const std::vector<Alert>& open);
  void ShowTo(Watcher& watcher, const Alert& alert);
  Pointers All() const;

  const MaySee may_see_;
  std::mutex draining_;  // held while showing, and before mutex_
  mutable std::mutex mutex_;
  std::condition_variable_any wake_;
  // Guarded by mutex_.
  Id last_id_ = 0;
  std::map<Id, std::shared_ptr<Watcher>> watchers_;
  std::vector<Alert> waiting_;
  bool lost_ = false;  // more changed than may wait

  // Last: the thread uses everything above.
  std::jthread thread_;
};

}  // namespace nara::alert
