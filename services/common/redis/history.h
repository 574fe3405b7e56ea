#pragma once

// Which history of writes a server carries on.
//
// Redis names it (master_replid): a replica has the name of its primary, and takes a new
// one when it becomes a primary itself. A new name says that the last writes of before may
// be missing. Positions must nevertheless only grow, since consumers go on from those that
// they had from the old primary: see ContinueBehind.

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/redis/connection.h"
#include "common/redis/keys.h"

namespace nara {

struct RedisHistory {
  std::string id;
  bool primary = false;
  int replicas = 0;                    // that are connected and have all but the newest of it
  std::chrono::milliseconds clock{0};  // of the server, since 1970
};
absl::StatusOr<RedisHistory> ReadHistory(RedisConnection& connection);

// From now on the logs give positions of the milliseconds `clock` and later, and later
// than that of their newest entry. Harmless to repeat. Call it at a primary that nobody
// has written to yet, with a time at least as late as the old primary's clock shows now: what
// is appended then is behind every position that anybody can have read there. Ends with
// CollectReplicated.
absl::Status ContinueBehind(RedisConnection& connection, const std::vector<LogId>& logs,
                            std::chrono::milliseconds clock);

}  // namespace nara
