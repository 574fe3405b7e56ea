#include "common/redis/shard_directory.h"

#include "common/mqtt/shard.h"

namespace nara {

absl::StatusOr<std::map<std::string, std::vector<int>>> ShardsByServer(const ShardDirectory& directory) {
  std::map<std::string, std::vector<int>> servers;
  for (int shard = 0; shard < kShardCount; ++shard) {
    absl::StatusOr<std::string> address = directory.AddressOf(shard);
    if (!address.ok()) return address.status();
    servers[*address].push_back(shard);
  }
  return servers;
}

}  // namespace nara
