// The logs in Redis.
#pragma once

#include <memory>
#include <string>

#include "common/redis/connection.h"
#include "data_broker/ports.h"

namespace nara::broker {

// Neither connects before it is used; each makes a new connection after a failure.
std::unique_ptr<LogFollower> MakeRedisFollower(const RedisOptions& options);
std::unique_ptr<LogShelf> MakeRedisShelf(const RedisOptions& options);

}  // namespace nara::broker
