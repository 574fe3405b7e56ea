// Instants as PostgreSQL keeps them: microseconds since 1970.
#pragma once

#include <cstdint>

#include "google/protobuf/timestamp.pb.h"

namespace nara::broker {

inline std::int64_t Micros(const google::protobuf::Timestamp& time) {
  return time.seconds() * 1'000'000 + time.nanos() / 1'000;
}

}  // namespace nara::broker
