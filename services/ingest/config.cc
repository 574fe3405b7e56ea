#include "ingest/config.h"

namespace nara::ingest {
namespace {

// An uplink has at most so many records, and must find room.
constexpr std::int64_t kLeastBurst = 1'000;

void ReadDeviceLimits(config::Section section, DeviceLimitOptions& limits) {
  const auto burst = [&](const std::string& key, Allowance& allowance) {
    allowance.burst = section.OptionalInt(key, allowance.burst, kLeastBurst, 1'000'000'000);
  };
  const auto rate = [&](const std::string& key, Allowance& allowance) {
    allowance.per_second = section.OptionalInt(key, allowance.per_second, 1, 1'000'000);
  };
  burst("measurement_burst", limits.measurements);
  rate("measurements_per_second", limits.measurements);
  burst("alarm_burst", limits.alarms);
  rate("alarms_per_second", limits.alarms);
}

void ReadPresence(config::Section section, PresenceOptions& presence) {
  presence.judge_each =
      section.OptionalDuration("judge_each", presence.judge_each, absl::Seconds(1), absl::Minutes(10));
  const auto milliseconds = [&](const std::string& key, std::int64_t& value, absl::Duration most) {
    value = absl::ToInt64Milliseconds(
        section.OptionalDuration(key, absl::Milliseconds(value), absl::Milliseconds(100), most));
  };
  milliseconds("least_grace", presence.rules.least_grace, absl::Hours(1));
  milliseconds("return_hold", presence.rules.return_hold, absl::Hours(1));
  milliseconds("never_seen_after", presence.rules.never_seen_after, absl::Hours(24 * 30));
  milliseconds("settle", presence.hearing.settle, absl::Hours(1));
}

}  // namespace

absl::StatusOr<Config> ReadConfig(config::Section& root) {
  Config config;
  config.lane =
      root.OptionalWord("lane", "measurement", {"measurement", "alarm"}) == "alarm" ? Lane::kAlarm : Lane::kMeasurement;
  config::ReadService(root, config);
  config.mqtt = config::ReadMqtt(root);
  config.workers = static_cast<int>(root.OptionalInt("workers", config.workers, 1, kShardCount));
  config::Section inbox = root.Child("inbox");
  config.inbox_max_bytes = static_cast<std::uint64_t>(inbox.OptionalInt(
      "max_bytes", static_cast<std::int64_t>(config.inbox_max_bytes), 16 << 20, std::int64_t{1} << 42));
  config.inbox_segment_bytes = static_cast<std::size_t>(
      inbox.OptionalInt("segment_bytes", static_cast<std::int64_t>(config.inbox_segment_bytes), 1 << 18, 1 << 28));
  config.inbox_keep = inbox.OptionalDuration("keep", config.inbox_keep, absl::ZeroDuration(), absl::Hours(1));
  config.inbox_keep_bytes = static_cast<std::uint64_t>(inbox.OptionalInt(
      "keep_bytes", static_cast<std::int64_t>(config.inbox_keep_bytes), 16 << 20, std::int64_t{1} << 42));
  config.receipt_interval =
      root.OptionalDuration("receipt_interval", config.receipt_interval, absl::ZeroDuration(), absl::Seconds(1));
  config.log_retention =
      root.OptionalDuration("log_retention", config.log_retention, absl::Minutes(1), absl::Hours(24 * 365));
  const int percent =
      static_cast<int>(root.OptionalInt("memory_limit_percent", config.lane == Lane::kAlarm ? 90 : 70, 1, 100));
  config.memory_limit = percent / 100.0;
  config.quarantine_per_device =
      static_cast<int>(root.OptionalInt("quarantine_per_device", config.quarantine_per_device, 1, 1'000'000));
  ReadDeviceLimits(root.Child("device_limits"), config.device_limits);
  ReadPresence(root.Child("presence"), config.presence);
  if (absl::Status status = root.Finish(); !status.ok()) return status;
  return config;
}

}  // namespace nara::ingest
