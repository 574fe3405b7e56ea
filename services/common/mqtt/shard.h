#pragma once

// Shards and lanes: the two words that topics, logs and leases share. A device's
// shard is Redis' own CRC16 of its id, so that `{07}` as a hash tag and `07` in a
// topic are computed by the same few lines wherever somebody implements them.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace nara {

// Number of shards of a cell. Fixed: topics and log keys carry the shard.
inline constexpr int kShardCount = 16;

// The way a payload took; see nara.telemetry.v1.Lane.
enum class Lane : std::uint8_t { kMeasurement = 1, kAlarm = 2 };

// 'm' or 'a', as in keys and event ids.
char LaneLetter(Lane lane);
// "measurement" or "alarm", as in client ids, logs and metrics.
std::string_view LaneName(Lane lane);

// CRC-16/XMODEM (polynomial 0x1021, start 0), as Redis computes it for slots.
std::uint16_t Crc16(std::string_view bytes);

// The shard of a device, 0 to 15.
int ShardOf(std::string_view device);

// Two digits: 7 becomes "07".
std::string ShardText(int shard);
// The reverse, strict: exactly two digits below kShardCount.
std::optional<int> ParseShard(std::string_view text);

// True for `[a-z0-9][a-z0-9-]{2,62}` that does not begin with `nara-`: the ids that
// are also a user name, a client id, a certificate's common name and a level of a
// topic. Client ids of the platform begin with `nara-`, and whoever comes in under a
// client id ends the session of whoever had it.
bool IsDeviceId(std::string_view text);

}  // namespace nara
