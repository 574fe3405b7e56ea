#include "data_broker/config.h"

namespace nara::broker {

absl::StatusOr<Config> ReadConfig(config::Section& root) {
  Config config;
  config::ReadService(root, config);
  config.cursor_key = root.RequiredFile("cursor_key");
  const auto size = [&root](const char* key, std::size_t otherwise, std::int64_t max) {
    return static_cast<std::size_t>(root.OptionalInt(key, static_cast<std::int64_t>(otherwise), 1, max));
  };
  config.subscriber_queue = size("subscriber_queue", config.subscriber_queue, 1'000'000);
  config.max_subscriptions = size("max_subscriptions", config.max_subscriptions, 1'000'000);
  config.history_readers = size("history_readers", config.history_readers, 64);
  if (absl::Status status = root.Finish(); !status.ok()) return status;
  return config;
}

}  // namespace nara::broker
