#include "common/time/pause.h"

#include <gtest/gtest.h>

#include <thread>

namespace nara {
namespace {

TEST(Pause, LastsAsLongAsItSays) {
  const auto began = std::chrono::steady_clock::now();
  EXPECT_TRUE(Pause({}, std::chrono::milliseconds(5)));
  EXPECT_GE(std::chrono::steady_clock::now() - began, std::chrono::milliseconds(5));
}

TEST(Pause, AStopRequestEndsIt) {
  std::stop_source stop;
  std::jthread stopper([&] { stop.request_stop(); });
  EXPECT_FALSE(Pause(stop.get_token(), std::chrono::hours(1)));
  EXPECT_FALSE(Pause(stop.get_token(), std::chrono::hours(1))) << "and every later one";
}

}  // namespace
}  // namespace nara
