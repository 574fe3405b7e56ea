#include "common/redis/configured.h"

#include <memory>

#include "common/redis/sentinel.h"

namespace nara {

RedisOptions ConfiguredRedis(const config::Redis& config) {
  RedisOptions options;
  options.address = config.address;
  options.replicas = config.replicas;
  options.replica_timeout = absl::ToChronoMilliseconds(config.replica_timeout);
  if (config.primary.empty()) return options;
  options.primary = std::make_shared<SentinelDirectory>(
      SentinelOptions{.primary = config.primary, .sentinels = config.sentinels, .servers = config.servers});
  return options;
}

}  // namespace nara
