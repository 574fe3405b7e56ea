#include "gateway/http/event_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nara::gateway {
namespace {

using testing::HasSubstr;
using testing::Not;

std::shared_ptr<EventQueue> Follow(EventRing& ring, const std::string& last_event_id = "") {
  auto queue = std::make_shared<EventQueue>();
  ring.Attach(queue, last_event_id);
  return queue;
}

TEST(EventRing, SendsWhatIsPublishedWithAnId) {
  EventRing ring("r");
  const auto queue = Follow(ring);
  ring.Publish("alert", "{}");
  EXPECT_EQ(queue->TakeAll(), "id: r-1\nevent: alert\ndata: {}\n\n");
}

TEST(EventRing, ReplaysWhatCameAfterTheLastId) {
  EventRing ring("r");
  for (const char* data : {"1", "2", "3"}) ring.Publish("e", data);
  EXPECT_EQ(Follow(ring, "r-2")->TakeAll(), "id: r-3\nevent: e\ndata: 3\n\n");
  EXPECT_EQ(Follow(ring, "r-3")->TakeAll(), "");
}

TEST(EventRing, TellsANewPageNothingOfThePast) {
  EventRing ring("r");
  ring.Publish("e", "1");
  EXPECT_EQ(Follow(ring)->TakeAll(), "");
}

TEST(EventRing, ResetsWhoWasAwayTooLong) {
  EventRing ring("r", 2);
  for (const char* data : {"1", "2", "3", "4"}) ring.Publish("e", data);
  EXPECT_THAT(Follow(ring, "r-1")->TakeAll(), HasSubstr("event: reset"));
  EXPECT_THAT(Follow(ring, "r-2")->TakeAll(), Not(HasSubstr("event: reset")));
}

TEST(EventRing, ResetsForAnIdThatItNeverGave) {
  EventRing ring("r");
  ring.Publish("e", "1");
  for (const char* id : {"old-1", "r-", "r-x", "r-1x", "r-2", "r--1", "r-99999999999999999999", "r-1\nevent: alert"}) {
    EXPECT_THAT(Follow(ring, id)->TakeAll(), HasSubstr("event: reset")) << id;
  }
}

TEST(EventRing, CutsOffWhoDoesNotRead) {
  EventRing ring("r");
  const auto slow = Follow(ring);
  for (std::size_t i = 0; i <= EventQueue::kCapacity; ++i) ring.Publish("e", "1");
  EXPECT_TRUE(slow->closed());
  EXPECT_EQ(ring.followers(), 0u);
}

TEST(EventRing, WhoTakesNothingDoesNotFollow) {
  ManualClock clock;
  EventRing ring("r");
  const auto queue = std::make_shared<EventQueue>(clock);
  ring.Attach(queue, "");
  clock.Advance(absl::Seconds(8));
  EXPECT_EQ(ring.followers(absl::Seconds(8)), 1u);
  clock.Advance(absl::Seconds(1));
  EXPECT_EQ(ring.followers(absl::Seconds(8)), 0u);
  queue->TakeAll();
  EXPECT_EQ(ring.followers(absl::Seconds(8)), 1u);
}

TEST(EventRing, ForgetsWhatIsAboutSomebody) {
  EventRing ring("r");
  const auto slow = Follow(ring);
  ring.Publish("e", "1", "r-1");
  ring.Publish("e", "2", "r-2");
  ring.Publish("e", "3");
  ring.Forget({"r-9"});
  EXPECT_FALSE(slow->closed());
  ring.Forget({"r-1"});
  EXPECT_TRUE(slow->closed()) << "what waited there may have been about r-1";
  EXPECT_EQ(slow->TakeAll(), "");
  const std::string again = Follow(ring, "r-1")->TakeAll();
  EXPECT_EQ(again, "id: r-2\nevent: e\ndata: 2\n\nid: r-3\nevent: e\ndata: 3\n\n");
}

TEST(EventRing, HeartbeatsTakeNoPlace) {
  EventRing ring("r", 1);
  ring.Publish("e", "1");
  ring.Tell("heartbeat", "{}");
  EXPECT_THAT(Follow(ring, "r-0")->TakeAll(), HasSubstr("data: 1"));
}

TEST(EventQueue, WakesWhoWaits) {
  EventQueue queue;
  int woken = 0;
  queue.OnReady([&] { ++woken; });
  queue.Push("a");
  queue.Close();
  EXPECT_EQ(woken, 2);
  EXPECT_FALSE(queue.Push("b"));
}

}  // namespace
}  // namespace nara::gateway
