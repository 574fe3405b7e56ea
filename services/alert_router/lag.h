// How blind we are: the age of the oldest alarm-class event that is not yet an
// alert, in a log or still in ingest (docs/formats/logs.md). When the logs cannot be
// read, or ingest says nothing, nobody knows what is there, so the time since then
// counts.
//
// Threads: At from any; the others from one.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>

namespace nara::alert {

class Lag {
 public:
  using Millis = std::chrono::milliseconds;

  // The logs were read at `now`, milliseconds since 1970, and `oldest` is the
  // position of the oldest entry that is not routed (0 for none).
  void Read(int64_t now_ms, uint64_t oldest_ms) {
    read_ms_ = now_ms;
    oldest_ms_ = oldest_ms;
  }

  // What ingest said, heard at `now`: since when something waits there (0 for
  // nothing waits); nothing when it says nothing. Counts from the first call on.
  void IngestSaid(int64_t now_ms, std::optional<int64_t> waits_since_ms) {
    if (waits_since_ms || said_ms_ == 0) said_ms_ = now_ms;
    waits_since_ms_ = waits_since_ms.value_or(said_ms_);
  }

  Millis At(int64_t now_ms) const {
    const int64_t waits_since = waits_since_ms_;
    const int64_t in_ingest = waits_since == 0 ? 0 : now_ms - waits_since;
    return Millis(std::max({InLogs(now_ms), in_ingest, int64_t{0}}));
  }

 private:
  int64_t InLogs(int64_t now_ms) const {
    const uint64_t oldest = oldest_ms_;
    const int64_t since_read = now_ms - read_ms_;
    if (oldest == 0) return since_read > kBlind ? since_read : 0;
    return now_ms - static_cast<int64_t>(oldest);
  }

  // The logs are read at least each half second.
  static constexpr int64_t kBlind = 1'500;

  std::atomic<int64_t> read_ms_ = 0;
  std::atomic<uint64_t> oldest_ms_ = 0;
  int64_t said_ms_ = 0;  // when ingest last said something
  std::atomic<int64_t> waits_since_ms_ = 0;
};

}  // namespace nara::alert
