// A stream that takes less than is offered to it.
#include "alert_router/feed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "alert_router/testing/fakes.h"

namespace nara::alert {
namespace {

using std::chrono::microseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using testing::FakeScreen;
using ::testing::IsEmpty;

class FeedTest : public ::testing::Test {
 protected:
  void SetUp() override {
    EXPECT_EQ(feed_.NextPage(), Place()) << "it begins with what is open";
    feed_.Refill({}, false, Holds);
  }

  static bool Holds(const Alert&) { return true; }

  // The version tells the tests which one it is.
  static Alert Made(int number) {
    Alert alert;
    alert.id = "a" + std::to_string(number);
    alert.key.kind = "dose_missed";
    alert.version = number;
    alert.offered_at = testing::kNoon + microseconds(number);
    return alert;
  }
  static std::vector<Alert> Made(int from, int to) {
    std::vector<Alert> alerts;
    for (int number = from; number <= to; ++number) alerts.push_back(Made(number));
    return alerts;
  }
  static std::string Shown(int number) { return "offer dose_missed " + std::to_string(number); }
  static std::shared_ptr<Withdrawal> Withdrawn(int number) {
    return std::make_shared<Withdrawal>(Made(number), "accepted");
  }

  // A hundred and twenty-eight offers wait in the stream, and the one after them has found no room.
  void FallBehind() {
    screen_->Hang();
    for (int number = 1; number <= 129; ++number) feed_.Offer(Made(number));
    ASSERT_EQ(screen_->waiting(), 128U);
    ASSERT_TRUE(feed_.IsBehind());
  }
  std::vector<std::string> ReadAll() {
    screen_->Read();
    return screen_->Take();
  }

  const std::shared_ptr<FakeScreen> screen_ = std::make_shared<FakeScreen>();
  Feed::SteadyTime now_{};
  Feed feed_{screen_, now_};
};

TEST_F(FeedTest, WhileThereIsRoomAnOfferIsShownAtOnce) {
  EXPECT_TRUE(feed_.Offer(Made(1)));
  EXPECT_THAT(screen_->Take(), ElementsAre(Shown(1)));
  EXPECT_FALSE(feed_.IsBehind());
}

TEST_F(FeedTest, WhatFoundNoRoomIsReadLaterInItsOrder) {
  FallBehind();
  EXPECT_FALSE(feed_.Offer(Made(130)));
  EXPECT_FALSE(feed_.NextPage()) << "there is no room yet";
  EXPECT_EQ(ReadAll().size(), 128U);
  const auto after = feed_.NextPage();
  ASSERT_TRUE(after);
  EXPECT_LT(*after, PlaceOf(Made(129)));
  EXPECT_GE(*after, PlaceOf(Made(128)));
  feed_.Refill(Made(129, 130), false, Holds);
  EXPECT_THAT(ReadAll(), ElementsAre(Shown(129), Shown(130)));
  EXPECT_TRUE(feed_.Offer(Made(131))) << "and it is up to date again";
}

TEST_F(FeedTest, APageThatFindsRoomForHalfGoesOnBehindThatHalf) {
  FallBehind();
  screen_->Read(64);
  ASSERT_TRUE(feed_.NextPage());
  feed_.Refill(Made(129, 256), false, Holds);
  EXPECT_EQ(screen_->waiting(), 128U);
  ReadAll();
  EXPECT_EQ(feed_.NextPage(), PlaceOf(Made(192)));
}

TEST_F(FeedTest, WhatIsOfferedWhileAPageIsReadIsNotLeftOut) {
  FallBehind();
  ReadAll();
  ASSERT_TRUE(feed_.NextPage());
  feed_.Offer(Made(131));
  feed_.Refill({Made(129), Made(140)}, false, Holds);
  EXPECT_TRUE(feed_.IsBehind());
  ReadAll();
  const auto after = feed_.NextPage();
  ASSERT_TRUE(after);
  EXPECT_LT(*after, PlaceOf(Made(131))) << "a commit that came late, or a clock that was set back";
}

TEST_F(FeedTest, OffersOfOneMomentAreAllShown) {
  FallBehind();
  Alert same = Made(129);
  same.id = "a0";
  EXPECT_LT(
      *[&] {
        ReadAll();
        return feed_.NextPage();
      }(),
      PlaceOf(same));
}

TEST_F(FeedTest, WhatANewerChangeOvertookIsPassedOver) {
  FallBehind();
  ReadAll();
  ASSERT_TRUE(feed_.NextPage());
  feed_.Refill(Made(129, 131), true, [](const Alert& alert) { return alert.version != 131; });
  EXPECT_THAT(ReadAll(), ElementsAre(Shown(129), Shown(130)));
  EXPECT_EQ(feed_.NextPage(), PlaceOf(Made(131)));
}

TEST_F(FeedTest, AWithdrawalWaitsForNoOffer) {
  FallBehind();
  EXPECT_TRUE(feed_.Withdraw(Withdrawn(1)));
  EXPECT_EQ(screen_->waiting(), 129U);
}

TEST_F(FeedTest, AWithdrawalThatFindsNoRoomComesBeforeTheNextOffer) {
  FallBehind();
  for (int number = 1; number <= 128; ++number) ASSERT_TRUE(feed_.Withdraw(Withdrawn(number)));
  ASSERT_EQ(screen_->waiting(), FakeScreen::kQueue);
  ASSERT_TRUE(feed_.Withdraw(Withdrawn(1)));
  ReadAll();
  ASSERT_TRUE(feed_.NextPage());
  feed_.Refill({Made(129)}, false, Holds);
  EXPECT_THAT(ReadAll(), ElementsAre("withdraw dose_missed accepted", Shown(129)));
}

TEST_F(FeedTest, WithdrawalsThatWaitHaveABound) {
  FallBehind();
  int taken = 0;
  while (feed_.Withdraw(Withdrawn(1))) ++taken;
  EXPECT_EQ(taken, 128 + 16'384);
}

TEST_F(FeedTest, APulseThatFindsNoRoomIsLeftOut) {
  FallBehind();
  for (int i = 0; i < 200; ++i) feed_.Beat({});
  EXPECT_EQ(screen_->waiting(), FakeScreen::kQueue);
  EXPECT_THAT(ReadAll(), ::testing::SizeIs(128));
}

TEST_F(FeedTest, ItStandsStillWhenNothingIsTakenAlthoughSomethingWaits) {
  EXPECT_FALSE(feed_.IsStalled(now_ + seconds(99), seconds(10))) << "nothing waits";
  screen_->Hang();
  feed_.Offer(Made(1));
  feed_.Offer(Made(2));
  EXPECT_FALSE(feed_.IsStalled(now_ + seconds(108), seconds(10)));
  screen_->Read(1);
  EXPECT_FALSE(feed_.IsStalled(now_ + seconds(117), seconds(10))) << "it reads, if slowly";
  EXPECT_FALSE(feed_.IsStalled(now_ + seconds(126), seconds(10)));
  EXPECT_TRUE(feed_.IsStalled(now_ + seconds(127), seconds(10)));
}

}  // namespace
}  // namespace nara::alert
