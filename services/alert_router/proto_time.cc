#include "alert_router/proto_time.h"

#include <algorithm>

#include "absl/time/time.h"
#include "common/time/proto_time.h"

namespace nara::alert {

google::protobuf::Timestamp ToTimestamp(Time time) {
  return ToProto(absl::FromUnixMicros(time.time_since_epoch().count()));
}

// The standard clock counts nanoseconds in 64 bits: it ends in 2262.
Time FromTimestamp(const google::protobuf::Timestamp& timestamp) {
  static const absl::Time first = absl::FromUnixSeconds(0);
  static const absl::Time last = absl::FromCivil(absl::CivilSecond(2200, 1, 1), absl::UTCTimeZone());
  const absl::Time time = std::clamp(FromProto(timestamp), first, last);
  return Time(std::chrono::microseconds(absl::ToUnixMicros(time)));
}

}  // namespace nara::alert
