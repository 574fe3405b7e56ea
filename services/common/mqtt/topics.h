#pragma once

// The topics of docs/formats/topics.md.

#include <cstdint>
#include <string>
#include <string_view>

#include "common/mqtt/shard.h"

namespace nara {

// The last levels of a topic: what is said and by whom.
enum class TopicKind : std::uint8_t {
  kUp,         // device: measurements, protobuf
  kUpJson,     // device: measurements, JSON
  kAlarm,      // device: alarm-class events, protobuf
  kAlarmJson,  // device: alarm-class events, JSON
  kStatus,     // device: birth and last will
  kReceipt,    // platform: what is durable, in the encoding of the uplink
  kDown,       // platform: commands
};

// "up", "up/json", "alarm", "alarm/json", "status", "receipt" or "down".
std::string_view TopicSuffix(TopicKind kind);
// True for the two kinds that carry JSON.
bool IsJson(TopicKind kind);
// The lane that an uplink of this kind counts in; the status belongs to the alarm
// lane, and so does, for want of a better place, what the platform sends.
Lane LaneOf(TopicKind kind);

// "nara/v1/07/<device>/up". `device` must be a device id.
std::string BuildTopic(TopicKind kind, std::string_view device);

// "nara/v1/07/+/up": what a platform session of one shard subscribes to.
std::string ShardFilter(TopicKind kind, int shard);

// The fixed client id of the platform's session: "nara-measurement-07".
std::string SessionClientId(Lane lane, int shard);

}  // namespace nara
