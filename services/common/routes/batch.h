// Gathers the messages of a watch until a state is complete.
#pragma once

#include <cstdint>
#include <iterator>
#include <utility>
#include <vector>

#include "common/routes/watched_table.h"

namespace nara {

template <typename Item>
class WatchBatch {
 public:
  // One message of the stream. Applies what was gathered once `complete` is set.
  // True when the table changed, false for a part or a heartbeat.
  bool Add(WatchedTable<Item>& table, bool snapshot_start, std::vector<Item> items, bool complete,
           std::uint64_t revision) {
    if (snapshot_start) {
      snapshot_ = true;
      items_.clear();
    }
    items_.insert(items_.end(), std::make_move_iterator(items.begin()), std::make_move_iterator(items.end()));
    if (!complete) return false;
    const bool changes = snapshot_ || !items_.empty();
    if (changes) {
      table.Apply(snapshot_, std::exchange(items_, {}), revision);
    } else {
      table.Heard(revision);
    }
    snapshot_ = false;
    return changes;
  }

 private:
  bool snapshot_ = false;
  std::vector<Item> items_;
};

}  // namespace nara
