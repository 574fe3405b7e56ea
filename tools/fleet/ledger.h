#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "tools/platform/percentiles.h"

namespace nara::fleet {

// When each event was published, receipted and seen at its destination. Only
// the first of each counts; they may come in any order. Thread-safe.
class Ledger {
 public:
  void Published(const std::string& id, absl::Time at);
  void Receipted(const std::string& id, absl::Time at);
  void Arrived(const std::string& id, absl::Time at);

  // Of those published: how many there are, and how many still lack a receipt
  // or have not arrived.
  size_t published() const;
  size_t unfinished() const;
  // One that is unfinished, with what it lacks; empty when there is none.
  std::string FirstUnfinished() const;

  tools::Percentiles ToReceipt() const;
  tools::Percentiles ToArrival() const;

 private:
  struct Entry {
    absl::Time published = absl::InfiniteFuture();
    absl::Time receipted = absl::InfiniteFuture();
    absl::Time arrived = absl::InfiniteFuture();
  };

  void Note(const std::string& id, absl::Time Entry::* what, absl::Time at);
  tools::Percentiles Until(absl::Time Entry::* what) const;
  static bool Counts(const Entry& entry) { return entry.published != absl::InfiniteFuture(); }
  static bool Finished(const Entry& entry);

  mutable std::mutex mutex_;
  std::map<std::string, Entry> entries_;  // guarded by mutex_
};

}  // namespace nara::fleet
