#pragma once

// The names of everything we keep in Redis; docs/formats/logs.md lists them. All
// that is of one shard carries it as hash tag, so that it is on one server.

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/mqtt/shard.h"

namespace nara {

// The logs of a shard.
enum class Log : std::uint8_t { kAlarm = 1, kMeasurement = 2, kQuarantine = 3 };

// "alarm", "measurement" or "quarantine".
std::string_view LogName(Log log);
std::optional<Log> ParseLog(std::string_view name);

// One log of one shard.
struct LogId {
  int shard = 0;
  Log log = Log::kAlarm;

  friend auto operator<=>(const LogId&, const LogId&) = default;
};

// "nara:{07}:alarm"
std::string LogKey(LogId id);
// The reverse, strict.
std::optional<LogId> ParseLogKey(std::string_view key);
// "nara:{07}:device:<device>:<m|a>": epochs, watermarks, windows.
std::string DeviceKey(std::string_view device, Lane lane);
// "nara:{07}:seen:<device>:<m|a>": hash ids of records without a sequence.
std::string SeenKey(std::string_view device, Lane lane);
// "nara:{07}:told:<device>:<m|a>": hash ids of technical records about the device.
std::string ToldKey(std::string_view device, Lane lane);
// "nara:{07}:token:<m|a>"
std::string TokenKey(int shard, Lane lane);
// "nara:{07}:consumers"
std::string ConsumersKey(int shard);

// Of no shard: since when the oldest alarm-lane frame waits in ingest that is not in
// a log yet, decimal Unix milliseconds, "0" when none does. Set each 250 ms, expires
// after 5 s.
inline constexpr std::string_view kAlarmLagKey = "nara:lag:alarm";

}  // namespace nara
