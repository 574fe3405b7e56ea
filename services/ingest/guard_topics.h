// What the MQTT server's guard (deploy/mosquitto/guard) tells ingest: docs/formats/topics.md.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/mqtt/shard.h"
#include "ingest/origin.h"
#include "ingest/refusal.h"

namespace nara::ingest {

// The guard's counters, one retained message for all shards.
inline constexpr char kGuardCounters[] = "nara/v1/guard/refusals";

// Comes each few seconds (`sys_interval`). The guard, which has no timer, is asked whether we may read it, and then
// publishes its counters if they have changed.
inline constexpr char kServerClock[] = "$SYS/broker/uptime";

// "nara/v1/guard/refused/alarm/07/#": refusals of a shard's devices, each with the begin of what the device sent as
// payload.
std::string GuardFilter(Lane lane, int shard);

// "nara/v1/guard/two_places/07/+": devices of a shard whose identity is used from two places, with their two networks
// as payload. Of the alarm lane, since somebody must be told.
std::string TwoPlacesFilter(int shard);

// "nara/v1/guard/flood/07/+": devices of a shard that were closed because they flood, with the number of messages that
// were dropped as payload. Of the alarm lane, since somebody must be told.
std::string FloodFilter(int shard);

// Something that the guard kept a device from doing, or noticed of it.
struct GuardRefusal {
  Origin origin;  // without the time; the guard has answered the device
  Refusal refusal;
};

// Nothing for every other topic. A word that the guard did not know when this was written is not refused: what happened
// must be seen.
std::optional<GuardRefusal> ReadGuardRefusal(std::string_view topic);

// Nothing for every other topic. Networks that cannot be read are left out.
std::optional<GuardRefusal> ReadTwoPlaces(std::string_view topic, std::string_view networks);

// Nothing for every other topic. A number that cannot be read is left out.
std::optional<GuardRefusal> ReadFlood(std::string_view topic, std::string_view dropped);

}  // namespace nara::ingest
