// The shard tokens of this process, shared by its workers; 0 until they are taken.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "common/mqtt/shard.h"

namespace nara::ingest {

using ShardTokens = std::array<std::atomic<std::uint64_t>, kShardCount>;

}  // namespace nara::ingest
