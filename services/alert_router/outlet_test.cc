// Changes of one alert that two threads committed by turns and publish in another order.
#include "alert_router/outlet.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "alert_router/testing/world.h"

namespace nara::alert {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using testing::FakeScreen;
using ::testing::IsEmpty;
using testing::World;

class OutletTest : public ::testing::Test {
 protected:
  void SetUp() override {
    Alert alert;
    alert.id = "a1";
    alert.key.kind = "dose_missed";
    alert.chain.steps = {{"centre-1480", seconds(60)}, {"staff-1480", seconds(60)}};
    alert.expires_at = testing::kNoon + std::chrono::hours(1);
    raised_ = Raise(alert, "", Attended, testing::kNoon);
    next_step_ = Due(raised_.alert, Attended, testing::kNoon + seconds(60));
  }

  static bool Attended(const std::string&) { return true; }

  World world_;
  const std::shared_ptr<FakeScreen> centre_ = world_.Attend("centre-1480");
  const std::shared_ptr<FakeScreen> staff_ = world_.Attend("staff-1480");
  Change raised_;
  Change next_step_;
};

TEST_F(OutletTest, AnOfferIsNotLostWhenSomethingSmallOvertakesIt) {
  world_.outlet.Publish({Join(raised_.alert, "another", testing::kNoon)});
  EXPECT_THAT(centre_->Take(), IsEmpty());
  world_.outlet.Publish({raised_});
  EXPECT_THAT(centre_->Take(), ElementsAre("offer dose_missed 2"));
}

TEST_F(OutletTest, AnOfferNeverFollowsTheAcceptThatEndedIt) {
  const Answer accepted = Accept(raised_.alert, {"centre-1480", "anna"}, testing::kNoon);
  world_.outlet.Publish({accepted.change});
  world_.outlet.Publish({raised_});
  EXPECT_THAT(centre_->Take(), ElementsAre("withdraw dose_missed accepted"));
}

TEST_F(OutletTest, AnOfferNeverFollowsItsOwnEnd) {
  world_.outlet.Publish({next_step_});
  world_.outlet.Publish({raised_});
  EXPECT_THAT(centre_->Take(), ElementsAre("withdraw dose_missed accept_timeout"));
  EXPECT_THAT(staff_->Take(), ElementsAre("offer dose_missed 4"));
}

TEST_F(OutletTest, AWithdrawalComesLateRatherThanNever) {
  world_.outlet.Publish({raised_});
  centre_->Take();
  const Change last = Due(next_step_.alert, Attended, testing::kNoon + seconds(120));
  world_.outlet.Publish({last});
  EXPECT_THAT(staff_->Take(), ElementsAre("withdraw dose_missed accept_timeout", "offer dose_missed 7"));
  world_.outlet.Publish({next_step_});
  EXPECT_THAT(centre_->Take(), ElementsAre("withdraw dose_missed accept_timeout"));
  EXPECT_THAT(staff_->Take(), IsEmpty()) << "its newer offer stays";
}

}  // namespace
}  // namespace nara::alert
