#pragma once

// Which Redis server holds a shard: one fixed address, or the primary that Sentinel
// names (sentinel.h). Redis Cluster becomes a further implementation, and nothing else
// changes.

#include <string>
#include <utility>

#include "absl/status/statusor.h"

namespace nara {

class ShardDirectory {
 public:
  virtual ~ShardDirectory() = default;

  // Address of the server, as RedisOptions takes it. Thread-safe; may be asked for
  // each batch, so it must answer from memory. Unavailable when nobody holds it.
  virtual absl::StatusOr<std::string> AddressOf(int shard) const = 0;

  // Says that a server was lost or sent us elsewhere: look again. Thread-safe,
  // returns at once.
  virtual void Suspect(const std::string& address) = 0;
};

// Every shard on one server.
class FixedShardDirectory : public ShardDirectory {
 public:
  explicit FixedShardDirectory(std::string address) : address_(std::move(address)) {}
  absl::StatusOr<std::string> AddressOf(int) const override { return address_; }
  void Suspect(const std::string&) override {}

 private:
  const std::string address_;
};

}  // namespace nara
