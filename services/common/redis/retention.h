#pragma once

// How long logs keep their entries: until they are older than an age AND every
// registered consumer has committed a position behind them. Consumers tell Redis
// their committed positions now and then; that is for retention and lag only, the
// truth is theirs in PostgreSQL.

#include <chrono>
#include <map>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/redis/connection.h"
#include "common/redis/keys.h"
#include "common/redis/position.h"

namespace nara {

// Registers the consumer of these logs, or moves it, in one round trip. Commit only
// what is committed in PostgreSQL. `consumer` is a name of [a-z0-9-].
absl::Status CommitPositions(RedisConnection& connection, std::string_view consumer,
                             const std::map<LogId, Position>& positions);

// Committed position of each consumer of a log.
absl::StatusOr<std::map<std::string, Position>> ReadConsumers(RedisConnection& connection, LogId log);

// Removes what is older than `oldest` and behind every consumer (whole nodes of the
// stream, so a little more stays). Without a consumer age alone decides. Returns
// how many entries went.
absl::StatusOr<std::size_t> Trim(RedisConnection& connection, LogId log, std::chrono::system_clock::time_point oldest);

}  // namespace nara
