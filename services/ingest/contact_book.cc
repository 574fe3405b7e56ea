#include "ingest/contact_book.h"

#include <algorithm>

namespace nara::ingest {

void ContactBook::Heard(const std::string& device, absl::Time at) {
  Page& page = pages_[static_cast<std::size_t>(ShardOf(device))];
  const std::lock_guard lock(page.mutex);
  Note(page, device, absl::ToUnixMillis(at));
}

void ContactBook::Note(Page& page, const std::string& device, std::int64_t at) {
  const auto found = page.entries.try_emplace(device).first;
  Entry& entry = found->second;
  entry.at = std::max(entry.at, at);
  if (std::exchange(entry.waits, true)) return;
  page.waiting.push_back(&*found);
}

void ContactBook::Lost(const std::string& device, absl::Time at) {
  Page& page = pages_[static_cast<std::size_t>(ShardOf(device))];
  const std::lock_guard lock(page.mutex);
  std::int64_t& last = page.lost[device];
  last = std::max(last, absl::ToUnixMillis(at));
}

ContactBook::News ContactBook::Take(int shard, absl::Duration now) {
  const std::int64_t now_ms = absl::ToInt64Milliseconds(now);
  Page& page = pages_[static_cast<std::size_t>(shard)];
  const std::lock_guard lock(page.mutex);
  News news;
  std::erase_if(page.waiting, [&](Entries::value_type* waiting) {
    Entry& entry = waiting->second;
    if (now_ms < entry.next_tell) return false;
    news.heard.emplace_back(waiting->first, entry.at);
    entry.next_tell = now_ms + told_each_ms_;
    entry.waits = false;
    return true;
  });
  news.lost.assign(page.lost.begin(), page.lost.end());
  page.lost.clear();
  return news;
}

void ContactBook::PutBack(int shard, const News& news) {
  Page& page = pages_[static_cast<std::size_t>(shard)];
  const std::lock_guard lock(page.mutex);
  for (const auto& [device, at] : news.heard) {
    Note(page, device, at);
    page.entries[device].next_tell = 0;
  }
  for (const auto& [device, at] : news.lost) {
    std::int64_t& last = page.lost[device];
    last = std::max(last, at);
  }
}

}  // namespace nara::ingest
