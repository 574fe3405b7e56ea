// The local copy of one of the registry's watches (routes, chains, access).
//
// A watcher fills it (watcher.h); everybody else reads. What it holds is always
// a state that the registry really was in: items up to a message with
// `complete` are applied at once. Items are immutable and shared, so a reader
// may keep a pointer as long as it likes while newer forms replace it.
//
// Threads: all methods may be called from any thread. Change listeners run on
// the thread that applies and must not block.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "nara/registry/v1/chains.pb.h"
#include "nara/registry/v1/clients.pb.h"
#include "nara/registry/v1/plans.pb.h"
#include "nara/registry/v1/privacy.pb.h"
#include "nara/registry/v1/registry.pb.h"

namespace nara {

using SteadyTime = std::chrono::steady_clock::time_point;
using SteadyNow = std::function<SteadyTime()>;

// Under which key a table holds an item: the device, "unit/version", the resident, the
// client, the resident.
std::string WatchKey(const registry::v1::Route& route);
std::string WatchKey(const registry::v1::Chain& chain);
std::string WatchKey(const registry::v1::Plan& plan);
std::string WatchKey(const registry::v1::Client& client);
std::string WatchKey(const registry::v1::ResidentPrivacy& privacy);

template <typename Item>
class WatchedTable {
 public:
  using ItemType = Item;
  using Pointer = std::shared_ptr<const Item>;
  using Listener = std::function<void(const std::vector<Pointer>& changed)>;

  explicit WatchedTable(SteadyNow now = std::chrono::steady_clock::now);
  virtual ~WatchedTable() = default;
  WatchedTable(const WatchedTable&) = delete;
  WatchedTable& operator=(const WatchedTable&) = delete;

  // The item in its newest form; null when there is none.
  Pointer Find(const std::string& key) const;

  // Every item, in no order.
  std::vector<Pointer> All() const { return NewerThan(0); }

  // Every item that got its form after `revision`, in no order; 0: every item.
  std::vector<Pointer> NewerThan(std::uint64_t revision) const;
  std::size_t size() const;

  // Revision of the registry that the table shows; 0 before anything came.
  std::uint64_t revision() const;

  // True once a whole state was there: from the registry or from Load.
  bool ready() const;

  // How long ago the registry was last heard; nothing when it never was.
  std::optional<std::chrono::nanoseconds> silence() const;

  // True when the registry was heard within `limit`.
  bool fresh(std::chrono::nanoseconds limit) const;

  // Calls `listener` after each application with the items that changed (all of
  // them after a snapshot). Listeners are added before the watcher starts and
  // stay for the table's life.
  void OnChange(Listener listener);

  // Shows `items` in place of (snapshot) or beside what was there. An item with
  // an older revision than the one held never replaces it, except in a snapshot.
  void Apply(bool snapshot, std::vector<Item> items, std::uint64_t revision);

  // Says that the registry was heard just now, without a change.
  void Heard(std::uint64_t revision);

  // Writes everything to `path`: a new file, fsynced, then renamed over the old
  // one, readable by this user only. A crash leaves the old or the new file.
  absl::Status Save(const std::string& path) const;

  // Reads what Save wrote and tells the listeners. A missing file is NotFound; a damaged one is DataLoss
  // and leaves the table as it was. Does not count as hearing the registry.
  absl::Status Load(const std::string& path);

 protected:
  // For indexes of a derived table; called under the exclusive lock: Forget when
  // a snapshot begins, Stored for each item with the form that it replaced (null:
  // none).
  virtual void Forget() {}
  virtual void Stored(const Pointer& /*item*/, const Pointer& /*previous*/) {}
  std::shared_mutex& mutex() const { return mutex_; }
  Pointer FindLocked(const std::string& key) const;
  SteadyTime Now() const { return now_(); }

 private:
  std::vector<Pointer> Store(bool snapshot, std::vector<Item> items, std::uint64_t revision);

  const SteadyNow now_;
  std::vector<Listener> listeners_;  // constant once the watcher runs

  mutable std::shared_mutex mutex_;
  // State below is protected by mutex_.
  std::unordered_map<std::string, Pointer> items_;
  std::uint64_t revision_ = 0;
  bool ready_ = false;
  std::optional<SteadyTime> heard_;
};

extern template class WatchedTable<registry::v1::Route>;
extern template class WatchedTable<registry::v1::Chain>;
extern template class WatchedTable<registry::v1::Plan>;
extern template class WatchedTable<registry::v1::Client>;
extern template class WatchedTable<registry::v1::ResidentPrivacy>;

}  // namespace nara
