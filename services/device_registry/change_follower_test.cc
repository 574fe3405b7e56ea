#include "device_registry/change_follower.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <vector>

#include "common/testing/wait_for.h"
#include "device_registry/testing/fakes.h"

namespace nara::registry {
namespace {

using namespace std::chrono_literals;
using nara::testing::WaitFor;

ChangeFollower::Options Slow() {
  ChangeFollower::Options options;
  options.heartbeat = std::chrono::hours(1);
  options.gather = 0ms;
  return options;
}

TEST(ChangeFollower, ShowsTheFirstStateBeforeItIsStarted) {
  testing::FakeSource source;
  source.Add("dev-1");
  Feeds feeds;
  ChangeFollower follower(source, feeds, Slow());
  ASSERT_TRUE(follower.Start().ok());
  EXPECT_NE(feeds.routes.table().Find("dev-1"), nullptr);
}

TEST(ChangeFollower, FollowsAWriterThatWakesIt) {
  testing::FakeSource source;
  Feeds feeds;
  ChangeFollower follower(source, feeds, Slow());
  ASSERT_TRUE(follower.Start().ok());
  source.Add("dev-1");
  follower.Wake();
  EXPECT_TRUE(follower.WaitFor(1, 10s));
  EXPECT_NE(feeds.routes.table().Find("dev-1"), nullptr);
}

TEST(ChangeFollower, SeesTheChangesOfAnotherReplicaByItself) {
  testing::FakeSource source;
  Feeds feeds;
  ChangeFollower::Options options = Slow();
  options.heartbeat = 1ms;
  ChangeFollower follower(source, feeds, options);
  ASSERT_TRUE(follower.Start().ok());
  source.Add("dev-1");
  EXPECT_TRUE(follower.WaitFor(1, 10s));
}

TEST(ChangeFollower, IsSilentWhileTheStoreIsGoneAndComesBack) {
  testing::FakeSource source;
  Feeds feeds;
  std::atomic<int> bad = 0;
  std::atomic<int> good = 0;
  ChangeFollower::Options options = Slow();
  options.heartbeat = 1ms;
  options.report = [&](const absl::Status& status) { ++(status.ok() ? good : bad); };
  ChangeFollower follower(source, feeds, options);
  ASSERT_TRUE(follower.Start().ok());
  source.Break(absl::UnavailableError("gone"));
  ASSERT_TRUE(WaitFor([&] { return bad == 1; }));
  source.Add("dev-1");
  const auto client = std::make_shared<testing::FakeWriter<v1::WatchRoutesResponse>>();
  feeds.routes.Open(client, 0);
  client->Take();
  const int reads = source.reads();
  ASSERT_TRUE(WaitFor([&] { return source.reads() > reads + 2; }));
  EXPECT_FALSE(follower.WaitFor(1, 0ms));
  source.Break(absl::OkStatus());
  EXPECT_TRUE(follower.WaitFor(1, 10s));
  ASSERT_TRUE(WaitFor([&] { return good == 1; }));
  follower.Stop();
  EXPECT_EQ(bad, 1) << "told once";
}

TEST(ChangeFollower, DoesNotStartWithoutTheStore) {
  testing::FakeSource source;
  source.Break(absl::UnavailableError("gone"));
  Feeds feeds;
  ChangeFollower follower(source, feeds, Slow());
  EXPECT_TRUE(absl::IsUnavailable(follower.Start()));
}

}  // namespace
}  // namespace nara::registry
