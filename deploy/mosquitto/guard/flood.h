#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

namespace nara::guard {

// Something that refills all the time, up to `burst`.
struct Rate {
  std::int64_t per_second = 0;
  std::int64_t burst = 0;
};

// What one device may send; each is an option `plugin_opt_flood_...` of mosquitto.conf, where it says what it costs.
struct FloodLimits {
  Rate messages{4'000, 12'000};   // on every topic but the alarm topics
  Rate alarms{500, 1'500};        // messages on the alarm topics
  Rate bytes{2 << 20, 16 << 20};  // of payload; for the alarm topics once more
  std::chrono::seconds close_after{10};
  std::chrono::seconds wait{10};
  std::size_t most_devices = 50'000;
};

// False when `key` ("messages_per_second") is none of them, or `value` no number that it may have; nothing has changed
// then.
bool SetFloodLimit(FloodLimits& limits, std::string_view key, std::string_view value);

// Tells a device that floods from one that sends what it has, so that the others do not wait behind it.
//
// A device may send so many messages and so many bytes a second, and has a burst; its alarms go by limits of their own,
// so that neither takes from the other. What is over a limit is dropped at once. A device that is above its limit for
// ten seconds in a row - in no second of them was nothing dropped - is closed, and stays out for as long. When it comes
// back it has its rate, and no burst: another one would be a longer wait for everybody, each time.
//
// It is counted by device id, whoever uses it and from however many connections. Remembered are the devices that sent
// within the last seconds; when all places are taken, who comes new is not limited: a table that others have filled
// must not hold back an honest device. One thread: the MQTT server's.
class Flood {
 public:
  using Time = std::chrono::steady_clock::time_point;

  enum class Action { kPass, kDrop, kClose };
  struct Answer {
    Action action = Action::kPass;
    // When somebody should be told that it was closed: how many messages were dropped since that was told last.
    std::uint64_t tell_dropped = 0;
  };

  // Without a drop for longer, a device is no more above its limit.
  static constexpr std::chrono::seconds kGap{1};
  // In which it is told once of a device.
  static constexpr std::chrono::minutes kQuiet{10};

  explicit Flood(const FloodLimits& limits = {}) : limits_(limits) {}

  // A message of `device` with that much payload. `now` never goes back.
  Answer Take(std::string_view device, bool alarm, std::size_t bytes, Time now);

  // True while `device` may not come in.
  bool Waits(std::string_view device, Time now) const;

  // Devices that are remembered.
  std::size_t size() const { return devices_.size(); }

 private:
  static constexpr Time kNever{std::chrono::hours(-24 * 365)};

  struct Lane {
    Time messages_full = kNever;  // when the whole burst is there again
    Time bytes_full = kNever;
  };
  struct Device {
    Lane measurements;
    Lane alarms;
    Time first_drop = kNever;  // of those in a row
    Time last_drop = kNever;
    Time waits_until = kNever;
    Time told = kNever;
    std::uint64_t dropped = 0;  // since it was told
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view id) const { return std::hash<std::string_view>()(id); }
  };

  static bool IsQuiet(const Device& device, Time now);
  Answer Drop(Device& device, Lane& lane, const Rate& messages, Time now) const;
  // Null when no more can be remembered.
  Device* Find(std::string_view id, Time now);

  FloodLimits limits_;
  std::unordered_map<std::string, Device, Hash, std::equal_to<>> devices_;
  Time swept_ = kNever;
};

}  // namespace nara::guard
