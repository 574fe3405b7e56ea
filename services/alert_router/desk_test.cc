#include "alert_router/desk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "alert_router/testing/world.h"
#include "common/rpc/error.h"

namespace nara::alert {
namespace {

using ::testing::ElementsAre;
using testing::FakeWatch;
using ::testing::IsEmpty;
using testing::World;

class DeskTest : public ::testing::Test {
 protected:
  void SetUp() override {
    centre_ = world_.Attend("centre-1480", "anna");
    ASSERT_TRUE(world_.Say(World::Event("dose_missed", "d1")).ok());
    id_ = World::IdOf(World::Event("dose_missed", "d1"));
  }

  absl::StatusOr<Alert> Accept(const std::string& client, const std::string& operator_id = "anna") {
    return world_.desk.Accept(world_.As(client), {id_, {client, operator_id}, ""});
  }
  absl::StatusOr<Alert> Resolve(const std::string& client, const std::string& reason = "") {
    return world_.desk.Resolve(world_.As(client), {id_, {client, "anna"}, reason});
  }
  static std::string Reason(const absl::Status& status) { return rpc::ReasonOf(status); }

  std::vector<std::string> Seen(FakeWatch& watch) {
    world_.watchers.Drain();
    return watch.Take();
  }

  World world_;
  std::shared_ptr<testing::FakeScreen> centre_;
  std::string id_;
};

TEST_F(DeskTest, AcceptAndResolveEndAnAlertWell) {
  ASSERT_TRUE(Accept("centre-1480").ok());
  EXPECT_EQ(Resolve("centre-1480", "spoke with her")->state, State::kResolved);
  EXPECT_THAT(world_.store.Actions(id_), ElementsAre("raised", "offered", "accepted", "resolved"));
}

TEST_F(DeskTest, OfTwoAcceptsOneWinsAndTheOtherIsToldWho) {
  ASSERT_TRUE(Accept("centre-1480", "anna").ok());
  const absl::Status lost = Accept("centre-1480", "dan").status();
  EXPECT_EQ(lost.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Reason(lost), "ALERT_TAKEN");
  EXPECT_EQ(rpc::InfoOf(lost)->metadata.at("receiver"), "centre-1480");
  EXPECT_TRUE(Accept("centre-1480", "anna").ok()) << "the same again is no error";
}

TEST_F(DeskTest, AnAlertOfOthersIsNotThere) {
  const absl::Status others = Accept("centre-1481").status();
  const absl::Status nowhere =
      world_.desk.Accept(world_.As("centre-1481"), {"nothing", {"centre-1481", "eve"}, ""}).status();
  EXPECT_EQ(others.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(nowhere.code(), others.code());
  EXPECT_EQ(Reason(nowhere), Reason(others));
  EXPECT_EQ(world_.desk.Get(world_.As("centre-1481"), id_).status().code(), absl::StatusCode::kNotFound);
}

TEST_F(DeskTest, NobodyActsForAnotherReceiver) {
  const absl::Status status = world_.desk.Accept(world_.As("staff-1480"), {id_, {"centre-1480", "eve"}, ""}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
}

TEST_F(DeskTest, AnOperatorSeesAllAndActsOnNothing) {
  EXPECT_TRUE(world_.desk.Get(world_.As("operator-1"), id_).ok());
  EXPECT_EQ(Accept("operator-1").status().code(), absl::StatusCode::kPermissionDenied);
}

TEST_F(DeskTest, AStepThatHasNotComeYetCannotAccept) {
  EXPECT_EQ(Reason(Accept("staff-1480").status()), "NOT_OFFERED");
}

TEST_F(DeskTest, WhatHasEndedStaysEnded) {
  ASSERT_TRUE(world_.Say(World::Event("dose_taken", "d1")).ok());
  EXPECT_EQ(Reason(Accept("centre-1480").status()), "ALERT_ENDED");
  EXPECT_EQ(Reason(Resolve("centre-1480").status()), "ALERT_ENDED");
}

TEST_F(DeskTest, ResolveNeedsAnAccept) {
  EXPECT_EQ(Reason(Resolve("centre-1480").status()), "ALERT_NOT_ACCEPTED");
}

TEST_F(DeskTest, ARejectionGoesToTheNextStep) {
  const auto staff = world_.Attend("staff-1480");
  ASSERT_TRUE(world_.desk.Reject(world_.As("centre-1480"), {id_, {"centre-1480", "anna"}, "busy"}).ok());
  EXPECT_THAT(staff->Take(), ElementsAre("offer dose_missed 4"));
}

TEST_F(DeskTest, HostileRequestsAreRefusedInWords) {
  const std::string nul("a\0b", 3);
  const Desk::Request bad[] = {{"", {"centre-1480", "anna"}, ""},
                               {nul, {"centre-1480", "anna"}, ""},
                               {std::string(4000, 'x'), {"centre-1480", "anna"}, ""},
                               {id_, {nul, "anna"}, ""},
                               {id_, {"centre-1480", "' or 1=1 --"}, ""},
                               {id_, {"centre-1480", ""}, ""},
                               {id_, {"centre-1480", "anna"}, nul},
                               {id_, {"centre-1480", "anna"}, std::string(501, 'x')}};
  for (const Desk::Request& request : bad) {
    EXPECT_EQ(world_.desk.Reject(world_.As("centre-1480"), request).status().code(),
              absl::StatusCode::kInvalidArgument);
  }
  EXPECT_EQ(world_.store.Find("dose_missed", "d1")->version, 2U);
}

TEST_F(DeskTest, ListsPageByPageWhatTheCallerMaySee) {
  for (int i = 2; i <= 5; ++i) {
    world_.store.Advance(std::chrono::seconds(1));
    ASSERT_TRUE(world_.Say(World::Event("dose_missed", "d" + std::to_string(i))).ok());
  }
  std::vector<std::string> seen;
  Desk::ListRequest request{.principal = "", .device = "", .open_only = true, .page_size = 2, .page_token = ""};
  do {
    const auto page = world_.desk.List(world_.As("centre-1480"), request);
    ASSERT_TRUE(page.ok());
    for (const Alert& alert : page->alerts) seen.push_back(alert.key.episode);
    request.page_token = page->next_page_token;
  } while (!request.page_token.empty());
  EXPECT_THAT(seen, ElementsAre("d5", "d4", "d3", "d2", "d1"));
  EXPECT_THAT(world_.desk.List(world_.As("centre-1481"), {})->alerts, IsEmpty());
}

TEST_F(DeskTest, ABadPageTokenIsRefused) {
  for (const std::string& token : {std::string("x"), std::string("12"), std::string("12."), std::string("-.a b")}) {
    Desk::ListRequest request;
    request.page_token = token;
    EXPECT_EQ(Reason(world_.desk.List(world_.As("operator-1"), request).status()), "BAD_REQUEST") << token;
  }
}

TEST_F(DeskTest, AWatchBeginsWithWhatIsOpenAndGoesOnWithWhatChanges) {
  const auto watch = std::make_shared<FakeWatch>();
  const auto caller = world_.desk.Watcher(world_.As("operator-1"));
  ASSERT_TRUE(caller.ok());
  ASSERT_TRUE(world_.watchers.Begin("operator-1", "", watch, [&] { return world_.desk.Open(*caller, ""); }).ok());
  EXPECT_THAT(Seen(*watch), ElementsAre("dose_missed offered"));
  ASSERT_TRUE(Accept("centre-1480").ok());
  EXPECT_THAT(Seen(*watch), ElementsAre("dose_missed accepted"));
  world_.attendance.Beat();
  EXPECT_THAT(Seen(*watch), ElementsAre("beat"));
}

TEST_F(DeskTest, AWatchShowsNothingOfOthers) {
  const auto watch = std::make_shared<FakeWatch>();
  const auto caller = world_.desk.Watcher(world_.As("centre-1481"));
  ASSERT_TRUE(world_.watchers.Begin("centre-1481", "", watch, [&] { return world_.desk.Open(*caller, ""); }).ok());
  ASSERT_TRUE(Accept("centre-1480").ok());
  EXPECT_THAT(Seen(*watch), IsEmpty());
}

TEST_F(DeskTest, AWatcherThatDoesNotReadIsClosed) {
  const auto watch = std::make_shared<FakeWatch>();
  const auto caller = world_.desk.Watcher(world_.As("operator-1"));
  ASSERT_TRUE(world_.watchers.Begin("operator-1", "", watch, [&] { return world_.desk.Open(*caller, ""); }).ok());
  Seen(*watch);
  watch->Hang();
  ASSERT_TRUE(Accept("centre-1480").ok());
  EXPECT_THAT(Seen(*watch), ElementsAre("close RESOURCE_EXHAUSTED"));
}

TEST_F(DeskTest, AChangeDuringTheSnapshotIsShownAfterIt) {
  const auto watch = std::make_shared<FakeWatch>();
  const auto caller = world_.desk.Watcher(world_.As("operator-1"));
  ASSERT_TRUE(world_.watchers
                  .Begin("operator-1", "", watch,
                         [&] {
                           auto open = world_.desk.Open(*caller, "");
                           EXPECT_TRUE(Accept("centre-1480").ok());
                           return open;
                         })
                  .ok());
  EXPECT_THAT(Seen(*watch), ElementsAre("dose_missed offered", "dose_missed accepted"));
}

TEST_F(DeskTest, AWatcherThatTakesItsTimeHoldsUpNobody) {
  const auto watch = std::make_shared<FakeWatch>();
  const auto caller = world_.desk.Watcher(world_.As("operator-1"));
  ASSERT_TRUE(world_.watchers
                  .Begin("operator-1", "", watch,
                         [&]() -> absl::StatusOr<std::vector<Alert>> {
                           EXPECT_TRUE(Accept("centre-1480").ok());
                           watch->meanwhile = [&] { EXPECT_TRUE(Resolve("centre-1480").ok()); };
                           return std::vector<Alert>();
                         })
                  .ok());
  EXPECT_THAT(Seen(*watch), ElementsAre("dose_missed accepted", "dose_missed resolved"));
  world_.attendance.Beat();
  EXPECT_THAT(Seen(*watch), ElementsAre("beat")) << "it is live";
}

}  // namespace
}  // namespace nara::alert
