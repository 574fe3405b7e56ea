#pragma once

// How a process reaches Redis, from its configuration.

#include "common/config/shared.h"
#include "common/redis/connection.h"

namespace nara {

// Make it once in a process: with Sentinel it has a thread, and everybody with a copy of the options follows the same
// primary.
RedisOptions ConfiguredRedis(const config::Redis& config);

}  // namespace nara
