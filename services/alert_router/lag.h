// How blind we are: the age of the oldest alarm-class event that is in a log and
// not yet an alert. When the logs cannot be read nobody knows what is in them, so
// the time since they were read counts.
//
// Threads: any.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

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

  Millis At(int64_t now_ms) const {
    const uint64_t oldest = oldest_ms_;
    const int64_t since_read = now_ms - read_ms_;
    const int64_t age = oldest == 0 ? (since_read > kBlind ? since_read : 0) : now_ms - static_cast<int64_t>(oldest);
    return Millis(age > 0 ? age : 0);
  }

 private:
  // The logs are read at least each half second.
  static constexpr int64_t kBlind = 1'500;

  std::atomic<int64_t> read_ms_ = 0;
  std::atomic<uint64_t> oldest_ms_ = 0;
};

}  // namespace nara::alert
