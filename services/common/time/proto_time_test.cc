#include "common/time/proto_time.h"

#include <gtest/gtest.h>

namespace nara {
namespace {

TEST(ProtoTime, KeepsNanosecondsBothWays) {
  const absl::Time time = absl::FromUnixSeconds(1'771'310'000) + absl::Nanoseconds(123'456'789);
  EXPECT_EQ(ToProto(time).nanos(), 123'456'789);
  EXPECT_EQ(FromProto(ToProto(time)), time);
}

TEST(ProtoTime, NanosecondsAreNotNegativeBeforeTheEpoch) {
  const google::protobuf::Timestamp proto = ToProto(absl::UnixEpoch() - absl::Nanoseconds(1));
  EXPECT_EQ(proto.seconds(), -1);
  EXPECT_EQ(proto.nanos(), 999'999'999);
}

TEST(ProtoTime, ClampsInfinityToTheRangeOfTheType) {
  EXPECT_EQ(ToProto(absl::InfiniteFuture()).seconds(), 253'402'300'799);
  EXPECT_EQ(ToProto(absl::InfinitePast()).seconds(), -62'135'596'800);
}

}  // namespace
}  // namespace nara
