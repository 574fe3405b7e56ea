#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace nara::guard {

// How many refusals of a lane are told in a minute, so that hostile devices fill neither quarantine nor the MQTT
// server. It keeps what was told in the last minute and nothing else. One thread: the MQTT server's.
class Limit {
 public:
  using Time = std::chrono::steady_clock::time_point;

  static constexpr std::chrono::seconds kWindow{60};
  // More shows more of one device's mistakes, and lets it fill its part of quarantine sooner.
  static constexpr int kPerDevice = 10;
  // More shows more devices when many go wrong at once, and lets them cost the MQTT server more.
  static constexpr int kInAll = 300;

  // True when this one may be told too; it then counts for a minute. `now` never goes back.
  bool Allow(std::string_view device, Time now);

 private:
  void Forget(Time now);

  std::deque<std::pair<Time, std::string>> told_;
  std::map<std::string, int, std::less<>> by_device_;  // never 0
};

}  // namespace nara::guard
