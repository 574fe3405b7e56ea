#include "alert_router/config.h"

namespace nara::alert {

absl::StatusOr<Config> ReadConfig(config::Section& root) {
  Config config;
  config::ReadService(root, config);
  config.postgres_connections = static_cast<int>(root.OptionalInt("postgres_connections", 8, 3, 64));
  config.settle = absl::ToChronoMilliseconds(
      root.OptionalDuration("settle", absl::FromChrono(config.settle), absl::ZeroDuration(), absl::Minutes(1)));
  config.last_resort.receiver = root.OptionalString("fallback_receiver", "county-fallback");
  if (config.last_resort.receiver.empty())
    root.Report("fallback_receiver", "must name a receiver; leave the key out for the default");
  config.last_resort.accept = std::chrono::seconds(root.OptionalInt("fallback_accept_seconds", 60, 1, 3600));
  if (absl::Status status = root.Finish(); !status.ok()) return status;
  return config;
}

}  // namespace nara::alert
