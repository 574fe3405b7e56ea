#pragma once

#include <chrono>
#include <cstdint>

#include "absl/time/time.h"
#include "google/protobuf/timestamp.pb.h"

namespace nara {

// Nanoseconds are kept. Times outside of the years 0001 to 9999 are clamped to that range, as the Timestamp type
// demands.
google::protobuf::Timestamp ToProto(absl::Time time);

// An unset (zero) timestamp is the Unix epoch; whether the field is set is for the caller to ask. Nanoseconds out of
// range are normalised.
absl::Time FromProto(const google::protobuf::Timestamp& time);

// True for what the Timestamp type allows: the years 0001 to 9999, nanoseconds below a second. Ask before the others
// when it comes from outside.
bool IsTime(const google::protobuf::Timestamp& time);

// Microseconds since 1970, as PostgreSQL keeps instants; rounded down.
std::int64_t Micros(const google::protobuf::Timestamp& time);

// The same for the standard clock, whose 64 bits of nanoseconds end in 1677 and 2262: clamped to those.
google::protobuf::Timestamp ToProto(std::chrono::system_clock::time_point time);
std::chrono::system_clock::time_point ToChrono(const google::protobuf::Timestamp& time);

}  // namespace nara
