// What writing consents and blocks have in common.
#pragma once

#include <optional>

#include "common/time/proto_time.h"
#include "device_registry/database.h"

namespace nara::registry {

template <typename Message>
std::optional<TimePoint> EndOf(const Message& message) {
  return message.has_end_at() ? std::optional(ToChrono(message.end_at())) : std::nullopt;
}

// What was asked for without a start begins now, or, told again, when it has begun.
template <typename Message>
absl::Status BeginNow(Write& write, const Message& asked, const std::optional<Message>& stored, Message& wished) {
  if (asked.has_start_at()) return absl::OkStatus();
  const auto now = write.Now();
  if (!now.ok()) return now.status();
  *wished.mutable_start_at() = stored.has_value() ? stored->start_at() : *now;
  return absl::OkStatus();
}

}  // namespace nara::registry
