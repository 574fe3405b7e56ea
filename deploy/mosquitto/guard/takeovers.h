#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace nara::guard {

// The network of an address as the MQTT server prints it: "192.0.2.0/24", "2001:db8:1::/48". That is what is told of
// whoever comes in: it shows that two are not in one place, and not in whose home either is. "unknown" for what is no
// address.
std::string NetworkOf(std::string_view address);

// Notices one identity that is used from two places, by how its sessions end each other. A device that changes its
// network takes its own session over, once for each change; two that have the same identity throw each other out, and
// each comes back. So what counts is a network that comes back after it was ousted. One thread: the MQTT server's.
class Takeovers {
 public:
  using Time = std::chrono::steady_clock::time_point;

  static constexpr std::chrono::minutes kWindow{10};
  // In the window: two that try again each few minutes are found, and a device between two networks, whose old
  // connection the server still holds, must go there and back twice in ten minutes to be taken for two.
  static constexpr int kReturns = 3;
  // Of one device; who reads it has seen it, or never will.
  static constexpr std::chrono::hours kQuiet{1};
  // More devices at a time are not looked at: it is bounded, whatever a whole network does.
  static constexpr std::size_t kMostDevices = 10'000;

  // Somebody came in from the network `to` as `device`, whose session was open from `from`. True when that should be
  // told. `now` never goes back.
  bool Seen(std::string_view device, std::string_view from, std::string_view to, Time now);

 private:
  struct Fight {
    std::deque<std::pair<Time, std::string>> ousted;  // in the window, the newest of them
    std::deque<Time> returns;                         // in the window, at most kReturns
    Time told;
    bool ever_told = false;
  };

  static void Forget(Fight& fight, Time now);
  static bool IsOver(const Fight& fight, Time now);
  // Null when too many devices are looked at.
  Fight* Of(std::string_view device, Time now);

  std::map<std::string, Fight, std::less<>> fights_;
  Time swept_;
};

}  // namespace nara::guard
