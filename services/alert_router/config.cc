#include "alert_router/config.h"

namespace nara::alert {

namespace {

// `key` and `key_per_client`.
void ReadStreams(config::Section& root, const std::string& key, StreamQuota::Limits& limits) {
  const auto read = [&](const std::string& name, int& limit) {
    limit = static_cast<int>(root.OptionalInt(name, limit, 1, 65'536));
  };
  read(key, limits.in_all);
  read(key + "_per_client", limits.of_client);
}

}  // namespace

absl::StatusOr<Config> ReadConfig(config::Section& root) {
  Config config;
  config::ReadService(root, config);
  config.postgres_connections = static_cast<int>(root.OptionalInt("postgres_connections", 8, 3, 64));
  config.settle = absl::ToChronoMilliseconds(
      root.OptionalDuration("settle", absl::FromChrono(config.settle), absl::ZeroDuration(), absl::Minutes(1)));
  config.stalled_after = absl::ToChronoMilliseconds(root.OptionalDuration(
      "stalled_after", absl::FromChrono(config.stalled_after), absl::Seconds(1), absl::Minutes(5)));
  ReadStreams(root, "attend_streams", config.attend_streams);
  ReadStreams(root, "watch_streams", config.watch_streams);
  config.last_resort.receiver = root.OptionalString("fallback_receiver", "county-fallback");
  if (config.last_resort.receiver.empty())
    root.Report("fallback_receiver", "must name a receiver; leave the key out for the default");
  config.last_resort.accept = std::chrono::seconds(root.OptionalInt("fallback_accept_seconds", 60, 1, 3600));
  if (absl::Status status = root.Finish(); !status.ok()) return status;
  return config;
}

}  // namespace nara::alert
