// The open WatchAlerts streams: each gets the open alerts it may see, then every
// change of one, in versions that only grow.
//
// Rights are asked again for each alert that is shown. A watcher whose stream is
// full is closed with RESOURCE_EXHAUSTED; it comes back and starts with a
// snapshot.
//
// Threads: any. Show never blocks; Begin waits for the stream to take the
// snapshot.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
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

  // Takes changes from now on, sends what `snapshot` gives, then what changed
  // meanwhile. `principal` narrows what is shown; empty for all.
  absl::StatusOr<Id> Begin(const std::string& caller, const std::string& principal, std::shared_ptr<WatchSink> sink,
                           const Snapshot& snapshot);
  void End(Id id);

  // To everybody who may see it.
  void Show(const Alert& alert);

  // A heartbeat to everybody.
  void Beat();

  std::size_t size() const;
  void CloseAll(const absl::Status& status);

 private:
  struct Watcher;
  bool CatchUp(Watcher& watcher, const std::vector<Alert>& open);
  void ShowTo(Watcher& watcher, const Alert& alert);
  std::vector<std::shared_ptr<Watcher>> All() const;

  const MaySee may_see_;
  mutable std::mutex mutex_;
  // Guarded by mutex_.
  Id last_id_ = 0;
  std::map<Id, std::shared_ptr<Watcher>> watchers_;
};

}  // namespace nara::alert
