#include "tools/fleet/ledger.h"

#include <algorithm>

namespace nara::fleet {

void Ledger::Note(const std::string& id, absl::Time Entry::* what, absl::Time at) {
  const std::lock_guard lock(mutex_);
  absl::Time& time = entries_[id].*what;
  time = std::min(time, at);
}

void Ledger::Published(const std::string& id, absl::Time at) {
  Note(id, &Entry::published, at);
}
void Ledger::Receipted(const std::string& id, absl::Time at) {
  Note(id, &Entry::receipted, at);
}
void Ledger::Arrived(const std::string& id, absl::Time at) {
  Note(id, &Entry::arrived, at);
}

bool Ledger::Finished(const Entry& entry) {
  return entry.receipted != absl::InfiniteFuture() && entry.arrived != absl::InfiniteFuture();
}

size_t Ledger::published() const {
  const std::lock_guard lock(mutex_);
  return static_cast<size_t>(
      std::count_if(entries_.begin(), entries_.end(), [](const auto& e) { return Counts(e.second); }));
}

size_t Ledger::unfinished() const {
  const std::lock_guard lock(mutex_);
  return static_cast<size_t>(std::count_if(entries_.begin(), entries_.end(),
                                           [](const auto& e) { return Counts(e.second) && !Finished(e.second); }));
}

std::string Ledger::FirstUnfinished() const {
  const std::lock_guard lock(mutex_);
  for (const auto& [id, entry] : entries_) {
    if (!Counts(entry) || Finished(entry)) continue;
    const bool no_receipt = entry.receipted == absl::InfiniteFuture();
    return id + (no_receipt ? " got no receipt" : " did not arrive");
  }
  return "";
}

tools::Percentiles Ledger::Until(absl::Time Entry::* what) const {
  const std::lock_guard lock(mutex_);
  std::vector<absl::Duration> durations;
  for (const auto& [id, entry] : entries_) {
    if (Counts(entry) && Finished(entry)) durations.push_back(entry.*what - entry.published);
  }
  return tools::PercentilesOf(std::move(durations));
}

tools::Percentiles Ledger::ToReceipt() const {
  return Until(&Entry::receipted);
}
tools::Percentiles Ledger::ToArrival() const {
  return Until(&Entry::arrived);
}

}  // namespace nara::fleet
