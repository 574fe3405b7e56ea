// The logs in Redis, anywhere in them; common/redis/log_reader.h follows their heads.
#pragma once

#include <memory>

#include "common/redis/connection.h"
#include "data_broker/ports.h"

namespace nara::broker {

// Does not connect before it is used; makes a new connection after a failure.
std::unique_ptr<LogShelf> MakeRedisShelf(const RedisOptions& options);

}  // namespace nara::broker
