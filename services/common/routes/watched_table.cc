#include "common/routes/watched_table.h"

#include <algorithm>

#include "common/routes/table_file.h"

namespace nara {

using registry::v1::Chain;
using registry::v1::Client;
using registry::v1::Plan;
using registry::v1::ResidentPrivacy;
using registry::v1::Route;

std::string WatchKey(const Route& route) {
  return route.device();
}
std::string WatchKey(const Chain& chain) {
  return chain.unit() + "/" + std::to_string(chain.version());
}
std::string WatchKey(const Plan& plan) {
  return plan.resident();
}
std::string WatchKey(const Client& client) {
  return client.id();
}
std::string WatchKey(const ResidentPrivacy& privacy) {
  return privacy.resident();
}

template <typename Item>
WatchedTable<Item>::WatchedTable(SteadyNow now) : now_(std::move(now)) {}

template <typename Item>
WatchedTable<Item>::Pointer WatchedTable<Item>::Find(const std::string& key) const {
  const std::shared_lock lock(mutex_);
  return FindLocked(key);
}

template <typename Item>
WatchedTable<Item>::Pointer WatchedTable<Item>::FindLocked(const std::string& key) const {
  const auto found = items_.find(key);
  return found == items_.end() ? nullptr : found->second;
}

template <typename Item>
std::vector<typename WatchedTable<Item>::Pointer> WatchedTable<Item>::NewerThan(std::uint64_t revision) const {
  const std::shared_lock lock(mutex_);
  std::vector<Pointer> newer;
  if (revision == 0) newer.reserve(items_.size());
  for (const auto& [key, item] : items_) {
    if (revision == 0 || item->revision() > revision) newer.push_back(item);
  }
  return newer;
}

template <typename Item>
std::size_t WatchedTable<Item>::size() const {
  const std::shared_lock lock(mutex_);
  return items_.size();
}

template <typename Item>
std::uint64_t WatchedTable<Item>::revision() const {
  const std::shared_lock lock(mutex_);
  return revision_;
}

template <typename Item>
bool WatchedTable<Item>::ready() const {
  const std::shared_lock lock(mutex_);
  return ready_;
}

template <typename Item>
std::optional<std::chrono::nanoseconds> WatchedTable<Item>::silence() const {
  const std::shared_lock lock(mutex_);
  if (!heard_.has_value()) return std::nullopt;
  return now_() - *heard_;
}

template <typename Item>
bool WatchedTable<Item>::fresh(std::chrono::nanoseconds limit) const {
  const std::optional<std::chrono::nanoseconds> quiet = silence();
  return quiet.has_value() && *quiet <= limit;
}

template <typename Item>
void WatchedTable<Item>::OnChange(Listener listener) {
  listeners_.push_back(std::move(listener));
}

template <typename Item>
std::vector<typename WatchedTable<Item>::Pointer> WatchedTable<Item>::Store(bool snapshot, std::vector<Item> items,
                                                                            std::uint64_t revision) {
  std::vector<Pointer> changed;
  changed.reserve(items.size());
  const std::unique_lock lock(mutex_);
  if (snapshot) {
    items_.clear();
    Forget();
  }
  for (Item& item : items) {
    Pointer& held = items_[WatchKey(item)];
    if (held != nullptr && held->revision() > item.revision()) continue;
    Pointer previous = std::exchange(held, std::make_shared<const Item>(std::move(item)));
    Stored(held, previous);
    changed.push_back(held);
  }
  revision_ = snapshot ? revision : std::max(revision_, revision);
  ready_ = true;
  return changed;
}

template <typename Item>
void WatchedTable<Item>::Apply(bool snapshot, std::vector<Item> items, std::uint64_t revision) {
  const std::vector<Pointer> changed = Store(snapshot, std::move(items), revision);
  Heard(revision);
  for (const Listener& listener : listeners_) listener(changed);
}

template <typename Item>
void WatchedTable<Item>::Heard(std::uint64_t revision) {
  const std::unique_lock lock(mutex_);
  heard_ = now_();
  revision_ = std::max(revision_, revision);
}

template <typename Item>
absl::Status WatchedTable<Item>::Save(const std::string& path) const {
  TableFileWriter writer;
  const std::uint64_t seen = revision();
  for (const Pointer& item : All()) writer.Add(*item);
  return writer.Write(path, seen);
}

template <typename Item>
absl::Status WatchedTable<Item>::Load(const std::string& path) {
  absl::StatusOr<TableFile> file = ReadTableFile(path);
  if (!file.ok()) return file.status();
  std::vector<Item> items;
  for (const std::string& text : file->items) {
    if (!items.emplace_back().ParseFromString(text)) return absl::DataLossError(path + " holds something else");
  }
  const std::vector<Pointer> changed = Store(true, std::move(items), file->revision);
  for (const Listener& listener : listeners_) listener(changed);
  return absl::OkStatus();
}

template class WatchedTable<Route>;
template class WatchedTable<Chain>;
template class WatchedTable<Plan>;
template class WatchedTable<Client>;
template class WatchedTable<ResidentPrivacy>;

}  // namespace nara
