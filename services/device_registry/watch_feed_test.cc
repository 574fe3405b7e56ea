#include "device_registry/watch_feed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "device_registry/feeds.h"
#include "device_registry/testing/fakes.h"

namespace nara::registry {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Message = v1::WatchRoutesResponse;
using Client = testing::FakeWriter<Message>;

v1::Route RouteOf(const std::string& device, std::uint64_t revision) {
  v1::Route route;
  route.set_device(device);
  route.set_revision(revision);
  return route;
}

// "S dev-1 dev-2 C@7": begins a snapshot, two routes, complete at revision 7.
std::string Text(const Message& message) {
  std::string text = message.snapshot_start() ? "S" : "";
  for (const v1::Route& route : message.routes()) text += (text.empty() ? "" : " ") + route.device();
  if (message.complete()) text += (text.empty() ? "C@" : " C@") + std::to_string(message.revision());
  return text;
}

std::vector<std::string> Said(Client& client) {
  std::vector<std::string> said;
  for (const Message& message : client.Take()) said.push_back(Text(message));
  return said;
}

class WatchFeedTest : public ::testing::Test {
 protected:
  std::shared_ptr<Client> Open(std::uint64_t after) {
    auto client = std::make_shared<Client>();
    feeds_.routes.Open(client, after);
    return client;
  }
  void Publish(std::vector<v1::Route> routes, std::uint64_t revision, bool heartbeat = false) {
    feeds_.routes.Publish(std::move(routes), revision, heartbeat);
  }

  Feeds feeds_;
};

TEST_F(WatchFeedTest, BeginsWithASnapshotThenTellsChangesInCommitOrder) {
  Publish({RouteOf("dev-2", 2), RouteOf("dev-1", 1)}, 2);
  const auto client = Open(0);
  EXPECT_THAT(Said(*client), ElementsAre("S dev-1 dev-2 C@2"));
  Publish({RouteOf("dev-1", 4), RouteOf("dev-3", 3)}, 4);
  EXPECT_THAT(Said(*client), ElementsAre("dev-3 dev-1 C@4"));
}

TEST_F(WatchFeedTest, AnEmptyRegistryIsASnapshotToo) {
  Publish({}, 0);
  EXPECT_THAT(Said(*Open(0)), ElementsAre("S C@0"));
}

TEST_F(WatchFeedTest, WaitsForTheFirstState) {
  const auto client = Open(0);
  EXPECT_THAT(Said(*client), IsEmpty());
  Publish({RouteOf("dev-1", 1)}, 1);
  EXPECT_THAT(Said(*client), ElementsAre("S dev-1 C@1"));
}

TEST_F(WatchFeedTest, ResumesAfterTheRevisionThatAWatcherHas) {
  Publish({RouteOf("dev-1", 1), RouteOf("dev-2", 2), RouteOf("dev-3", 3)}, 3);
  EXPECT_THAT(Said(*Open(1)), ElementsAre("dev-2 dev-3 C@3"));
  EXPECT_THAT(Said(*Open(3)), IsEmpty());
}

TEST_F(WatchFeedTest, AWatcherOfAnotherPastGetsASnapshot) {
  Publish({RouteOf("dev-1", 1)}, 1);
  EXPECT_THAT(Said(*Open(900)), ElementsAre("S dev-1 C@1"));
}

TEST_F(WatchFeedTest, AHeartbeatGoesToWhoeverHasNothingNew) {
  Publish({RouteOf("dev-1", 1)}, 1);
  const auto client = Open(0);
  client->Take();
  Publish({}, 1, true);
  EXPECT_THAT(Said(*client), ElementsAre("C@1"));
  Publish({RouteOf("dev-2", 2)}, 2, true);
  EXPECT_THAT(Said(*client), ElementsAre("dev-2 C@2"));
  Publish({}, 3, false);
  EXPECT_THAT(Said(*client), IsEmpty()) << "a revision that changed no route is told by the next heartbeat";
  Publish({}, 3, true);
  EXPECT_THAT(Said(*client), ElementsAre("C@3"));
}

TEST_F(WatchFeedTest, CutsABigSnapshotAndFinishesItBeforeAnythingNew) {
  std::vector<v1::Route> many;
  for (int i = 1; i <= 450; ++i) many.push_back(RouteOf("dev-" + std::to_string(i), static_cast<std::uint64_t>(i)));
  Publish(many, 450);
  auto client = std::make_shared<Client>();
  client->LetIn(1);
  feeds_.routes.Open(client, 0);
  EXPECT_TRUE(feeds_.behind());
  Publish({RouteOf("dev-1", 451)}, 451, true);
  client->LetIn(10);
  Publish({}, 451, true);
  const std::vector<Message> got = client->Take();
  ASSERT_EQ(got.size(), 3u);
  EXPECT_TRUE(got[0].snapshot_start() && !got[0].complete());
  EXPECT_EQ(got[2].routes_size(), 50);
  EXPECT_TRUE(got[2].complete());
  EXPECT_EQ(got[2].revision(), 450u);
  Publish({}, 451);
  EXPECT_THAT(Said(*client), ElementsAre("dev-1 C@451"));
  EXPECT_FALSE(feeds_.behind());
}

TEST_F(WatchFeedTest, WhatRidesAlongComesInTheSameStateAndOrder) {
  const auto chain = [](std::uint64_t revision) {
    v1::Chain made;
    made.set_unit("unit-" + std::to_string(revision));
    made.set_version(1);
    made.set_revision(revision);
    return made;
  };
  const auto plan = [](const std::string& resident, std::uint64_t revision) {
    v1::Plan made;
    made.set_resident(resident);
    made.set_revision(revision);
    return made;
  };
  feeds_.chains.Publish({chain(1)}, {plan("r-1", 2)}, 2, false);
  const auto client = std::make_shared<testing::FakeWriter<v1::WatchChainsResponse>>();
  feeds_.chains.Open(client, 0);
  auto said = client->Take();
  ASSERT_EQ(said.size(), 1u);
  EXPECT_EQ(said[0].chains_size(), 1);
  EXPECT_EQ(said[0].plans_size(), 1);
  feeds_.chains.Publish({}, {plan("r-1", 3)}, 3, false);
  said = client->Take();
  ASSERT_EQ(said.size(), 1u);
  EXPECT_EQ(said[0].chains_size(), 0);
  EXPECT_EQ(said[0].plans(0).revision(), 3u);
  const auto late = std::make_shared<testing::FakeWriter<v1::WatchChainsResponse>>();
  feeds_.chains.Open(late, 1);
  said = late->Take();
  ASSERT_EQ(said.size(), 1u);
  EXPECT_EQ(said[0].plans_size(), 1) << "what it lacks of either, in its newest form";
  EXPECT_EQ(said[0].chains_size(), 0);
}

TEST_F(WatchFeedTest, ForgetsWhoeverHangsUp) {
  Publish({}, 1);
  const auto client = Open(0);
  EXPECT_EQ(feeds_.routes.streams(), 1u);
  client->HangUp();
  Publish({}, 1);
  EXPECT_EQ(feeds_.routes.streams(), 0u);
}

TEST_F(WatchFeedTest, ClosesEveryStreamWithTheReason) {
  Publish({}, 1);
  const auto client = Open(0);
  feeds_.routes.Close(absl::UnavailableError("stopping"));
  EXPECT_TRUE(absl::IsUnavailable(client->status()));
}

}  // namespace
}  // namespace nara::registry
