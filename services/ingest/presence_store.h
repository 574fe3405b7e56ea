// What both lanes and the judge of presence keep in Redis, by shard: docs/formats/presence.md. Written in decimal text,
// so that a person can read it too.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/mqtt/shard.h"
#include "common/redis/connection.h"
#include "ingest/presence.h"

namespace nara::ingest {

// "nara:{07}:hearing", a hash: `m`, `a` when a lane last heard, wall milliseconds; `clock`, hearing milliseconds.
std::string HearingKey(int shard);
inline constexpr std::string_view kHearingClock = "clock";
// "nara:{07}:contact:m", a hash: device to its last sign of life in the lane.
std::string ContactKey(int shard, Lane lane);
// "nara:{07}:lost", a hash: device to its last will.
std::string LostKey(int shard);
// "nara:{07}:presence", a hash: device to what is known of it.
std::string PresenceKey(int shard);

// "<hearing> <wall>"
std::string WriteSign(const Sign& sign);
std::optional<Sign> ReadSign(std::string_view text);
// "1 <each member in its order>"; nothing for another version.
std::string WriteState(const PresenceState& state);
std::optional<PresenceState> ReadState(std::string_view text);

// What the keeper (presence_keeper.h) needs of it. One thread.
class PresenceStore {
 public:
  struct Hearing {
    std::int64_t clock = 0;
    // When each lane said last that it hears, wall; nothing when it never did.
    std::optional<std::int64_t> measurement;
    std::optional<std::int64_t> alarm;
  };
  using Hearings = std::array<Hearing, kShardCount>;
  using Clocks = std::array<std::int64_t, kShardCount>;
  using Signs = std::vector<std::pair<std::string, Sign>>;
  using States = std::vector<std::pair<std::string, PresenceState>>;

  virtual ~PresenceStore() = default;

  virtual absl::StatusOr<Hearings> ReadHearings() = 0;
  virtual absl::Status SaveClocks(const Clocks& clocks) = 0;

  virtual absl::StatusOr<States> Load(int shard) = 0;
  // The last will of each device that ever left one.
  virtual absl::StatusOr<Signs> Wills(int shard) = 0;
  // Of these devices, what was heard last in each lane, in any order.
  virtual absl::StatusOr<Signs> Contacts(int shard, std::span<const std::string> devices) = 0;
  virtual absl::Status Save(int shard, const States& states) = 0;
};

class RedisPresenceStore final : public PresenceStore {
 public:
  explicit RedisPresenceStore(RedisOptions options) : options_(std::move(options)) {}

  absl::StatusOr<Hearings> ReadHearings() override;
  absl::Status SaveClocks(const Clocks& clocks) override;
  absl::StatusOr<States> Load(int shard) override;
  absl::StatusOr<Signs> Wills(int shard) override;
  absl::StatusOr<Signs> Contacts(int shard, std::span<const std::string> devices) override;
  absl::Status Save(int shard, const States& states) override;

 private:
  absl::StatusOr<RedisConnection*> Connection();

  const RedisOptions options_;
  std::unique_ptr<RedisConnection> connection_;
};

}  // namespace nara::ingest
