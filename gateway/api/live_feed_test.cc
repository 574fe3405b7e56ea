#include "gateway/api/live_feed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "common/testing/wait_for.h"
#include "gateway/testing/fakes.h"

namespace nara::gateway {
namespace {

using nara::testing::WaitFor;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

class LiveFeedTest : public ::testing::Test {
 protected:
  using Page = std::shared_ptr<EventQueue>;

  LiveFeedTest() {
    alerts_.alert.set_id("a1");
    alerts_.alert.set_receiver(centre_.id);
    alerts_.alert.set_state(alert::v1::STATE_OFFERED);
  }

  Page Open(const std::string& last_event_id = "") {
    return *feeds_.Open(centre_, last_event_id, [this] { return allowed_.load(); });
  }
  bool Attends() { return alerts_.attendances.open() == std::vector{centre_.id}; }
  bool AttendsNoMore() {
    return WaitFor([this] { return alerts_.attendances.open().empty(); });
  }

  static std::string TakeUntil(const Page& page, const std::string& what) {
    std::string seen;
    WaitFor([&] { return (seen += page->TakeAll()).find(what) != seen.npos; });
    return seen;
  }

  std::atomic<bool> allowed_ = true;
  const Caller centre_{.id = "centre-1480", .role = Role::kAlarmCentre, .principal = "1480"};
  ManualClock clock_;
  testing::FakeFleet fleet_;
  testing::FakeAlerts alerts_;
  testing::FakeObservations observations_;
  metrics::Registry registry_;
  Metrics metrics_{registry_};
  LiveFeeds feeds_{Ports{fleet_, alerts_, observations_}, metrics_, clock_};
};

TEST_F(LiveFeedTest, AnAlarmCentreAttendsFromItsFirstPageToItsLast) {
  const Page first = Open();
  const Page second = Open();
  ASSERT_TRUE(Attends());
  first->Close();
  clock_.Advance(Attendance::kGrace);
  second->TakeAll();
  clock_.Advance(Attendance::kGrace);
  EXPECT_TRUE(Attends());
  second->Close();
  clock_.Advance(Attendance::kGrace);
  EXPECT_TRUE(AttendsNoMore());
  EXPECT_EQ(alerts_.attendances.begun(), 1);
}

TEST_F(LiveFeedTest, NobodyElseAttends) {
  const Page page = *feeds_.Open({.id = "operator-1", .role = Role::kOperator}, "", [] { return true; });
  alerts_.Change();
  EXPECT_THAT(TakeUntil(page, "event: alert"), HasSubstr("a1"));
  EXPECT_EQ(alerts_.attendances.begun(), 0);
}

TEST_F(LiveFeedTest, APageWhoseEventsAreNotTakenIsNotThere) {
  const Page page = Open();
  ASSERT_TRUE(Attends());
  clock_.Advance(LiveFeed::kFollows + Attendance::kGrace);
  EXPECT_TRUE(AttendsNoMore());
  page->TakeAll();
  EXPECT_TRUE(WaitFor([this] { return Attends(); }));
}

TEST_F(LiveFeedTest, WhatIsKeptForAPageThatComesBackIsNoAttendance) {
  const Page page = Open();
  alerts_.Change();
  const std::string seen = TakeUntil(page, "event: alert");
  const std::size_t id = seen.find("id: ");
  const std::string feed = seen.substr(id, seen.find('-', id) - id);
  ASSERT_TRUE(Attends());
  page->Close();
  clock_.Advance(Attendance::kGrace);
  ASSERT_TRUE(AttendsNoMore());
  EXPECT_THAT(Open(feed.substr(4) + "-0")->TakeAll(), StartsWith(feed)) << "the feed is still there";
}

TEST_F(LiveFeedTest, AnOfferThatCameToAPageIsNotConfirmedForIt) {
  const Page page = Open();
  ASSERT_TRUE(Attends());
  alerts_.Change();
  EXPECT_THAT(TakeUntil(page, "event: alert"), HasSubstr(R"("state":"offered")"));
  EXPECT_THAT(alerts_.attendances.delivered(), IsEmpty());
}

TEST_F(LiveFeedTest, TheRoutersPulseIsPassedOn) {
  const Page page = Open();
  ASSERT_TRUE(Attends());
  alerts_.attendances.Beat(7000);
  EXPECT_THAT(TakeUntil(page, "event: pulse"), HasSubstr(R"("oldest_unrouted_ms":7000)"));
  page->Close();
  EXPECT_THAT(Open()->TakeAll(), Not(HasSubstr("pulse"))) << "it is true only once";
}

TEST_F(LiveFeedTest, APageReadsAgainWhenAnObservationIsWithdrawn) {
  observations_.first.emplace().add_withdrawn()->set_id("o1");
  const Page page = *feeds_.Open({.id = "care-1", .role = Role::kCareUnit}, "", [] { return true; });
  EXPECT_THAT(TakeUntil(page, "event: reset"), HasSubstr("event: reset"));
}

TEST_F(LiveFeedTest, APageThatMayFollowNoMoreIsClosed) {
  const Page page = Open();
  allowed_ = false;
  EXPECT_TRUE(WaitFor([&] { return page->closed(); }, std::chrono::seconds(1)));
}

TEST_F(LiveFeedTest, OneClientHasSoManyPagesAndNoMore) {
  std::vector<Page> pages(LiveFeeds::kMostOfOneClient);
  for (Page& page : pages) page = Open();
  const auto always = [] { return true; };
  EXPECT_TRUE(absl::IsResourceExhausted(feeds_.Open(centre_, "", always).status()));
  EXPECT_TRUE(feeds_.Open({.id = "operator-1", .role = Role::kOperator}, "", always).ok());
  pages.front()->Close();
  EXPECT_TRUE(feeds_.Open(centre_, "", always).ok());
}

TEST_F(LiveFeedTest, RoomIsLeftForAlarmCentresAndForRequests) {
  std::vector<Page> pages(LiveFeeds::kMostPages);
  const auto open = [&](std::size_t i, Role role) {
    const Caller client{.id = "client-" + std::to_string(i / LiveFeeds::kMostOfOneClient), .role = role};
    return feeds_.Open(client, "", [] { return true; });
  };
  for (std::size_t i = 0; i < LiveFeeds::kMostOfOthers; ++i) pages[i] = *open(i, Role::kOperator);
  EXPECT_TRUE(absl::IsUnavailable(open(LiveFeeds::kMostPages, Role::kOperator).status()));
  for (std::size_t i = LiveFeeds::kMostOfOthers; i < pages.size(); ++i) pages[i] = *open(i, Role::kAlarmCentre);
  EXPECT_TRUE(absl::IsUnavailable(open(LiveFeeds::kMostPages, Role::kAlarmCentre).status()));
}

TEST_F(LiveFeedTest, AHungServiceDoesNotHoldTheEnd) {
  fleet_.Hang(true);
  const Page page = Open();
  ASSERT_TRUE(Attends());
  feeds_.Stop();
  EXPECT_THAT(alerts_.attendances.open(), IsEmpty());
  EXPECT_TRUE(page->closed());
  EXPECT_TRUE(absl::IsUnavailable(feeds_.Open(centre_, "", [] { return true; }).status()));
}

TEST_F(LiveFeedTest, CountsWhatItBeginsAgain) {
  fleet_.answer = absl::UnavailableError("the registry does not answer");
  const Page page = Open();
  const std::string counted = "nara_gateway_feed_restarts_total{source=\"fleet\"} 1";
  EXPECT_TRUE(WaitFor([&] { return registry_.Text().find(counted) != std::string::npos; }));
  EXPECT_THAT(registry_.Text(), HasSubstr("nara_gateway_attendances 1"));
}

}  // namespace
}  // namespace nara::gateway
