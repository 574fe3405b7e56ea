#include "common/time/clock.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace nara {
namespace {

TEST(ManualClock, MovesBothTimesTogether) {
  ManualClock clock;
  const absl::Time wall = clock.Now();
  const absl::Duration start = clock.Monotonic();
  clock.Advance(absl::Seconds(5));
  EXPECT_EQ(clock.Now() - wall, absl::Seconds(5));
  EXPECT_EQ(clock.Monotonic() - start, absl::Seconds(5));
}

TEST(ManualClock, AStepMovesTheWallAlone) {
  ManualClock clock;
  const absl::Time wall = clock.Now();
  clock.Step(-absl::Hours(1));
  EXPECT_EQ(clock.Now() - wall, -absl::Hours(1));
  EXPECT_EQ(clock.Monotonic(), absl::ZeroDuration());
}

TEST(ManualClock, WakesAWaiterWhoseTimeHasCome) {
  ManualClock clock;
  std::mutex mutex;
  std::condition_variable wake;
  std::atomic<bool> returned = false;
  std::jthread waiter([&] {
    std::unique_lock lock(mutex);
    EXPECT_FALSE(clock.WaitFor(lock, wake, absl::Hours(1), [] { return false; }));
    returned = true;
  });
  while (!returned) clock.Advance(absl::Minutes(1));
}

TEST(SystemClock, MonotonicTimeNeverGoesBack) {
  const Clock& clock = SystemClock::Instance();
  const absl::Duration first = clock.Monotonic();
  EXPECT_GE(clock.Monotonic(), first);
}

TEST(SystemClock, WaitForComesBackAtOnceWhenReady) {
  std::mutex mutex;
  std::condition_variable wake;
  std::unique_lock lock(mutex);
  EXPECT_TRUE(SystemClock::Instance().WaitFor(lock, wake, absl::InfiniteDuration(), [] { return true; }));
}

}  // namespace
}  // namespace nara
