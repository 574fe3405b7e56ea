// What is said in the log of a device whose presence has changed: docs/formats/presence.md.
#pragma once

#include <cstdint>
#include <string>

#include "common/redis/appender.h"
#include "ingest/presence.h"
#include "nara/registry/v1/registry.pb.h"

namespace nara::ingest {

// Kinds of catalogue/kinds/platform.yaml.
inline constexpr char kDeviceLate[] = "device_late";
inline constexpr char kDeviceOffline[] = "device_offline";
inline constexpr char kDeviceNeverSeen[] = "device_never_seen";
// It is there again.
inline constexpr char kDeviceBack[] = "device_back";
// Nobody expects it any more.
inline constexpr char kDeviceReleased[] = "device_released";

// The append that tells of the last change. The event's id follows from the state, which is saved before: whoever tells
// it again says the same event. `route` may be null.
AppendCall TellOf(const std::string& device, const PresenceState& state, const registry::v1::Route* route,
                  std::uint64_t token);

}  // namespace nara::ingest
