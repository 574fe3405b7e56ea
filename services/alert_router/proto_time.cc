#include "alert_router/proto_time.h"

#include "absl/time/time.h"
#include "common/time/proto_time.h"

namespace nara::alert {

google::protobuf::Timestamp ToTimestamp(Time time) {
  return ToProto(absl::FromUnixMicros(time.time_since_epoch().count()));
}

Time FromTimestamp(const google::protobuf::Timestamp& timestamp) {
  return Time(std::chrono::microseconds(absl::ToUnixMicros(FromProto(timestamp))));
}

}  // namespace nara::alert
