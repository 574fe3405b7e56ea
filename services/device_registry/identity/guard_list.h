// What the registry and the MQTT server's guard tell each other: docs/formats/topics.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "device_registry/identity/store.h"

namespace nara::registry {

inline constexpr char kRevokedTopic[] = "nara/v1/guard/revoked";
inline constexpr char kInForceTopic[] = "nara/v1/guard/in_force";

// A part is at most so long.
inline constexpr std::size_t kMaxPart = 65'536;

// The list in its parts, in order; at least one.
std::vector<std::string> PartsOf(const RevokedList& list, std::size_t max_part = kMaxPart);

// The generation of the list that is in force; nothing when it is no such payload.
std::optional<std::uint64_t> ReadInForce(std::string_view payload);

}  // namespace nara::registry
