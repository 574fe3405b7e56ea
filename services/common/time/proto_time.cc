#include "common/time/proto_time.h"

#include <algorithm>
#include <cstdint>

namespace nara {
namespace {

constexpr std::int64_t kFirstSecond = -62'135'596'800;
constexpr std::int64_t kLastSecond = 253'402'300'799;
constexpr std::int32_t kNanos = 1'000'000'000;

}  // namespace

google::protobuf::Timestamp ToProto(absl::Time time) {
  static const absl::Time kFirst = absl::FromUnixSeconds(kFirstSecond);
  static const absl::Time kLast = absl::FromUnixSeconds(kLastSecond) + absl::Nanoseconds(kNanos - 1);
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

bool IsTime(const google::protobuf::Timestamp& time) {
  return time.seconds() >= kFirstSecond && time.seconds() <= kLastSecond && time.nanos() >= 0 && time.nanos() < kNanos;
}

std::int64_t Micros(const google::protobuf::Timestamp& time) {
  return absl::ToUnixMicros(FromProto(time));
}

google::protobuf::Timestamp ToProto(std::chrono::system_clock::time_point time) {
  return ToProto(absl::FromChrono(time));
}

std::chrono::system_clock::time_point ToChrono(const google::protobuf::Timestamp& time) {
  return absl::ToChronoTime(FromProto(time));
}

}  // namespace nara
