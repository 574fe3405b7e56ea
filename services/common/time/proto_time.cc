#include "common/time/proto_time.h"

#include <algorithm>
#include <cstdint>

namespace nara {

google::protobuf::Timestamp ToProto(absl::Time time) {
  static const absl::Time kFirst = absl::FromUnixSeconds(-62'135'596'800);
  static const absl::Time kLast = absl::FromUnixSeconds(253'402'300'799) + absl::Nanoseconds(999'999'999);
  time = std::clamp(time, kFirst, kLast);
  const std::int64_t seconds = absl::ToUnixSeconds(time);
  google::protobuf::Timestamp proto;
  proto.set_seconds(seconds);
  proto.set_nanos(static_cast<std::int32_t>((time - absl::FromUnixSeconds(seconds)) / absl::Nanoseconds(1)));
  return proto;
}

absl::Time FromProto(const google::protobuf::Timestamp& time) {
  return absl::FromUnixSeconds(time.seconds()) + absl::Nanoseconds(time.nanos());
}

}  // namespace nara
