#include "common/rpc/worker_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

namespace nara::rpc {
namespace {

TEST(WorkerPool, RefusesWhatIsBeyondTheLimitAndRunsTheRest) {
  std::promise<void> gate;
  std::promise<void> running;
  std::atomic<int> ran = 0;
  WorkerPool pool(1, 2);
  ASSERT_TRUE(pool.Submit([&] {
    running.set_value();
    gate.get_future().wait();
  }));
  running.get_future().wait();
  EXPECT_TRUE(pool.Submit([&] { ++ran; }));
  EXPECT_TRUE(pool.Submit([&] { ++ran; }));
  EXPECT_FALSE(pool.Submit([&] { ++ran; }));
  EXPECT_TRUE(pool.Post([&] { ++ran; }));
  gate.set_value();
  pool.Stop();
  EXPECT_EQ(ran, 3);
  EXPECT_FALSE(pool.Post([] {}));
}

}  // namespace
}  // namespace nara::rpc
