#include "common/time/backoff.h"

#include <gtest/gtest.h>

#include <chrono>

#include "absl/time/time.h"

namespace nara {
namespace {

using std::chrono::milliseconds;

TEST(Backoff, DoublesUpToTheLast) {
  Backoff pause(milliseconds(50), milliseconds(300));
  for (const int expected : {50, 100, 200, 300, 300}) EXPECT_EQ(pause.Failed(), milliseconds(expected));
}

TEST(Backoff, BeginsAnewAfterASuccess) {
  Backoff pause(absl::Milliseconds(20), absl::Seconds(1));
  pause.Failed();
  pause.Failed();
  pause.Reset();
  EXPECT_EQ(pause.Failed(), absl::Milliseconds(20));
}

}  // namespace
}  // namespace nara
