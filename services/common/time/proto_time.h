#pragma once

#include "absl/time/time.h"
#include "google/protobuf/timestamp.pb.h"

namespace nara {

// Nanoseconds are kept. Times outside of the years 0001 to 9999 are clamped to that range, as the Timestamp type
// demands.
google::protobuf::Timestamp ToProto(absl::Time time);

// An unset (zero) timestamp is the Unix epoch; whether the field is set is for the caller to ask. Nanoseconds out of
// range are normalised.
absl::Time FromProto(const google::protobuf::Timestamp& time);

}  // namespace nara
