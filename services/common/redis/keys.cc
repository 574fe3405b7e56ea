#include "common/redis/keys.h"

namespace nara {
namespace {

std::string Prefix(int shard) {
  return "nara:{" + ShardText(shard) + "}:";
}

std::string OfDevice(std::string_view what, std::string_view device, Lane lane) {
  std::string key = Prefix(ShardOf(device));
  key.append(what).append(":").append(device).append(":").push_back(LaneLetter(lane));
  return key;
}

}  // namespace

std::string_view LogName(Log log) {
  switch (log) {
    case Log::kAlarm:
      return "alarm";
    case Log::kMeasurement:
      return "measurement";
    case Log::kQuarantine:
      return "quarantine";
  }
  return "";
}

std::optional<Log> ParseLog(std::string_view name) {
  for (const Log log : {Log::kAlarm, Log::kMeasurement, Log::kQuarantine}) {
    if (LogName(log) == name) return log;
  }
  return std::nullopt;
}

std::string LogKey(LogId id) {
  return Prefix(id.shard).append(LogName(id.log));
}

std::optional<LogId> ParseLogKey(std::string_view key) {
  constexpr std::string_view kBefore = "nara:{";
  constexpr std::size_t kNameAt = std::string_view("nara:{00}:").size();
  if (!key.starts_with(kBefore) || key.size() <= kNameAt || key.substr(8, 2) != "}:") return std::nullopt;
  const std::optional<int> shard = ParseShard(key.substr(kBefore.size(), 2));
  const std::optional<Log> log = ParseLog(key.substr(kNameAt));
  if (!shard || !log) return std::nullopt;
  return LogId{*shard, *log};
}

std::string DeviceKey(std::string_view device, Lane lane) {
  return OfDevice("device", device, lane);
}

std::string SeenKey(std::string_view device, Lane lane) {
  return OfDevice("seen", device, lane);
}

std::string ToldKey(std::string_view device, Lane lane) {
  return OfDevice("told", device, lane);
}

std::string TokenKey(int shard, Lane lane) {
  return Prefix(shard).append("token:") + LaneLetter(lane);
}

std::string ConsumersKey(int shard) {
  return Prefix(shard).append("consumers");
}

}  // namespace nara
