// Periods of what people edit: start_at, and end_at until further notice absent.
#pragma once

#include <optional>

#include "google/protobuf/timestamp.pb.h"

namespace nara::registry {

// To the microseconds that PostgreSQL keeps, so that the same again is the same.
inline void CutTime(google::protobuf::Timestamp& time) {
  time.set_nanos(time.nanos() / 1000 * 1000);
}

template <typename Message>
void CutPeriod(Message& message) {
  CutTime(*message.mutable_start_at());
  if (message.has_end_at()) CutTime(*message.mutable_end_at());
}

// Of a request with `at`.
template <typename Request>
std::optional<google::protobuf::Timestamp> InstantOf(const Request& request) {
  return request.has_at() ? std::optional(request.at()) : std::nullopt;
}

}  // namespace nara::registry
