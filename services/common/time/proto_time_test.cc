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

TEST(ProtoTime, KnowsWhatTheTypeAllows) {
  google::protobuf::Timestamp time;
  EXPECT_TRUE(IsTime(time));
  EXPECT_TRUE(IsTime(ToProto(absl::InfinitePast())));
  EXPECT_TRUE(IsTime(ToProto(absl::InfiniteFuture())));
  time.set_nanos(-1);
  EXPECT_FALSE(IsTime(time));
  time.set_nanos(1'000'000'000);
  EXPECT_FALSE(IsTime(time));
  time.set_nanos(0);
  time.set_seconds(253'402'300'800);
  EXPECT_FALSE(IsTime(time));
  time.set_seconds(-62'135'596'801);
  EXPECT_FALSE(IsTime(time));
}

TEST(ProtoTime, MicrosecondsAreRoundedDown) {
  EXPECT_EQ(Micros(ToProto(absl::FromUnixMicros(1'500'000) + absl::Nanoseconds(999))), 1'500'000);
  EXPECT_EQ(Micros(ToProto(absl::UnixEpoch() - absl::Nanoseconds(1))), -1);
}

TEST(ProtoTime, TheStandardClockComesBackAndIsClamped) {
  const auto time = std::chrono::system_clock::time_point(std::chrono::nanoseconds(1'771'310'000'123'456'789));
  EXPECT_EQ(ToChrono(ToProto(time)), time);
  EXPECT_EQ(ToChrono(ToProto(absl::InfiniteFuture())), std::chrono::system_clock::time_point::max());
  EXPECT_EQ(ToChrono(ToProto(absl::InfinitePast())), std::chrono::system_clock::time_point::min());
}

}  // namespace
}  // namespace nara
