// Which devices were heard, until the teller (contact_teller.h) has told it: what the workers write, many thousand
// times a second, and somebody reads once a second.
//
// A device that speaks all the time is told each five seconds, and its last word always.
//
// Memory: about 150 bytes for each device that this lane ever heard; whoever calls Heard has made sure that the
// registry knows it.
//
// Threads: any. A shard is one worker's, so that its lock is free but once a second.
#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "common/mqtt/shard.h"

namespace nara::ingest {

class ContactBook {
 public:
  // What is to be told of a shard: devices with wall times in milliseconds since 1970.
  struct News {
    std::vector<std::pair<std::string, std::int64_t>> heard;
    std::vector<std::pair<std::string, std::int64_t>> lost;

    bool empty() const { return heard.empty() && lost.empty(); }
  };

  // A longer time spares Redis, and makes presence by so much late.
  explicit ContactBook(absl::Duration told_each = absl::Seconds(5))
      : told_each_ms_(absl::ToInt64Milliseconds(told_each)) {}

  // A valid uplink or a birth of the device came in at `at`.
  void Heard(const std::string& device, absl::Time at);

  // The MQTT server published its last will, or it said goodbye.
  void Lost(const std::string& device, absl::Time at);

  // Takes what is due of a shard. `now` is monotonic.
  News Take(int shard, absl::Duration now);

  // It could not be told: it is due again.
  void PutBack(int shard, const News& news);

 private:
  struct Entry {
    std::int64_t at = 0;         // the last contact, wall, milliseconds
    std::int64_t next_tell = 0;  // not before, monotonic, milliseconds
    bool waits = false;
  };
  using Entries = std::unordered_map<std::string, Entry>;
  struct Page {
    std::mutex mutex;
    // Guarded by mutex.
    Entries entries;
    std::vector<Entries::value_type*> waiting;
    std::unordered_map<std::string, std::int64_t> lost;
  };

  void Note(Page& page, const std::string& device, std::int64_t at);

  const std::int64_t told_each_ms_;
  std::array<Page, kShardCount> pages_;
};

}  // namespace nara::ingest
