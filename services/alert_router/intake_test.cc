#include "alert_router/intake.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "alert_router/proto_time.h"
#include "alert_router/testing/world.h"

namespace nara::alert {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::ElementsAre;
using testing::FakeScreen;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;
using testing::World;

class IntakeTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_NE(world_.catalogue.FindKind("dose_missed"), nullptr); }
  State StateOf(const std::string& kind, const std::string& episode) {
    const Alert* alert = world_.store.Find(kind, episode);
    return alert == nullptr ? State{} : alert->state;
  }
  // Said by disp-1 `after_noon`, in this epoch and with this number.
  absl::Status Say(const std::string& kind, std::chrono::minutes after_noon, const std::string& epoch_and_number) {
    auto record = World::Event(kind, "1");
    record.set_event_id("disp-1/a/" + epoch_and_number);
    *record.mutable_effective_at() = ToTimestamp(testing::kNoon + after_noon);
    return world_.Say(record);
  }
  // A dose that was missed so long ago.
  absl::Status Miss(const std::string& dose, std::chrono::hours ago) {
    auto record = World::Event("dose_missed", dose);
    *record.mutable_effective_at() = ToTimestamp(testing::kNoon - ago);
    return world_.Say(record);
  }
  std::vector<State> Doses() {
    std::vector<State> states;
    for (const Alert& alert : world_.store.All("dose_missed", "1")) states.push_back(alert.state);
    return states;
  }
  World world_;
};

TEST_F(IntakeTest, AMissedDoseIsOfferedToTheCentreOfWhoAnswersNow) {
  const auto centre = world_.Attend("centre-1480");
  ASSERT_TRUE(world_.Say(World::Event("dose_missed", "d1")).ok());
  EXPECT_THAT(centre->Take(), ElementsAre("offer dose_missed 2"));
  const Alert* alert = world_.store.Find("dose_missed", "d1");
  ASSERT_NE(alert, nullptr);
  EXPECT_EQ(alert->principal, "1480");
  EXPECT_EQ(alert->unit, "care-1480-1");
  EXPECT_EQ(alert->resident, "resident-1");
  EXPECT_EQ(alert->chain.version, 3U);
}

TEST_F(IntakeTest, AnAlarmThatWasRoutedWithoutItsNewestRouteIsMarked) {
  auto record = World::Event("dose_missed", "d1");
  record.set_route_revision(2);
  ASSERT_TRUE(world_.Say(record).ok());
  EXPECT_EQ(world_.store.Find("dose_missed", "d1")->unit, "care-1480-1");
  EXPECT_NE(world_.store.Find("route_outdated", World::IdOf(record)), nullptr);
}

TEST_F(IntakeTest, WhatStandsBeforeARecordThatWaitsForItsRouteIsReady) {
  std::vector<LogEntry> entries;
  for (const uint64_t revision : {1, 2, 1}) {
    auto record = World::Event("dose_missed", "d1");
    record.set_route_revision(revision);
    entries.push_back({{0, entries.size() + 1}, record.SerializeAsString()});
  }
  const LogId log{ShardOf("disp-1"), Log::kAlarm};
  EXPECT_EQ(world_.intake.Ready(log, entries), 1U);
  world_.routes.Heard(2);
  EXPECT_EQ(world_.intake.Ready(log, entries), 3U);
}

TEST_F(IntakeTest, TheSameEventAgainChangesNothing) {
  const auto centre = world_.Attend("centre-1480");
  ASSERT_TRUE(world_.Say(World::Event("dose_missed", "d1")).ok());
  ASSERT_TRUE(world_.Say(World::Event("dose_missed", "d1")).ok());
  EXPECT_THAT(centre->Take(), ElementsAre("offer dose_missed 2"));
  EXPECT_EQ(world_.store.size(), 1U);
}

TEST_F(IntakeTest, ThePositionMovesWithTheAlertAndNotWithoutIt) {
  world_.store.Break(absl::UnavailableError("down"));
  EXPECT_FALSE(world_.Say(World::Event("dose_missed", "d1")).ok());
  EXPECT_EQ(world_.store.position(ShardOf("disp-1")), "");
  world_.store.Break(absl::OkStatus());
  EXPECT_TRUE(world_.Say(World::Event("dose_missed", "d1")).ok());
  EXPECT_EQ(world_.store.position(ShardOf("disp-1")), "0-1");
}

TEST_F(IntakeTest, TheDoseTakenEndsItsAlertAndNoOther) {
  const auto centre = world_.Attend("centre-1480");
  ASSERT_TRUE(world_.Say(World::Event("dose_missed", "d1")).ok());
  ASSERT_TRUE(world_.Say(World::Event("dose_missed", "d2")).ok());
  ASSERT_TRUE(world_.Say(World::Event("dose_taken", "d1")).ok());
  EXPECT_THAT(centre->Take(),
              ElementsAre("offer dose_missed 2", "offer dose_missed 2", "withdraw dose_missed dose_taken"));
  EXPECT_EQ(StateOf("dose_missed", "d1"), State::kCancelled);
  EXPECT_EQ(StateOf("dose_missed", "d2"), State::kOffered);
}

TEST_F(IntakeTest, AnEndBeforeItsBeginningIsRemembered) {
  const auto centre = world_.Attend("centre-1480");
  ASSERT_TRUE(world_.Say(World::Event("dose_taken", "d1")).ok());
  ASSERT_TRUE(world_.Say(World::Event("dose_missed", "d1")).ok());
  EXPECT_THAT(centre->Take(), IsEmpty());
  EXPECT_EQ(StateOf("dose_missed", "d1"), State::kCancelled);
}

TEST_F(IntakeTest, TheNextResidentsDoseOfTheSameNumberRings) {
  const auto centre = world_.Attend("centre-1480");
  ASSERT_TRUE(world_.Say(World::Event("dose_missed", "1")).ok());
  registry::v1::Route route = *world_.routes.Find("disp-1");
  *route.add_assignments() = route.assignments(0);
  route.mutable_assignments(1)->set_id("assignment-2");
  route.set_revision(2);
  world_.routes.Apply(false, {route}, 2);
  auto next = World::Event("dose_missed", "1");
  next.set_assignment("assignment-2");
  ASSERT_TRUE(world_.Say(next).ok());
  ASSERT_TRUE(world_.Say(next).ok());
  EXPECT_THAT(centre->Take(), ElementsAre("offer dose_missed 2", "offer dose_missed 2"));
  EXPECT_THAT(Doses(), ElementsAre(State::kOffered, State::kOffered));
}

TEST_F(IntakeTest, AnEndOfOneAssignmentEndsNothingOfAnother) {
  ASSERT_TRUE(world_.Say(World::Event("dose_missed", "1")).ok());
  auto end = World::Event("dose_taken", "1");
  end.set_assignment("assignment-2");
  ASSERT_TRUE(world_.Say(end).ok());
  EXPECT_EQ(StateOf("dose_missed", "1"), State::kRaised);
  auto next = World::Event("dose_missed", "1");
  next.set_assignment("assignment-2");
  ASSERT_TRUE(world_.Say(next).ok());
  EXPECT_THAT(Doses(), UnorderedElementsAre(State::kRaised, State::kCancelled)) << "but it was remembered for its own";
}

TEST_F(IntakeTest, AReminderOrAnEventSentAgainRingsOnce) {
  const auto centre = world_.Attend("centre-1480");
  ASSERT_TRUE(Say("dose_missed", minutes(0), "aa/7").ok());
  ASSERT_TRUE(Say("dose_missed", minutes(15), "aa/8").ok());
  ASSERT_TRUE(Say("dose_missed", minutes(0), "bb/1").ok());
  EXPECT_THAT(centre->Take(), ElementsAre("offer dose_missed 2"));
  EXPECT_THAT(Doses(), ElementsAre(State::kOffered));
}

TEST_F(IntakeTest, AfterAResetTheSameNumberIsAnotherDose) {
  const auto centre = world_.Attend("centre-1480");
  ASSERT_TRUE(Say("dose_missed", minutes(0), "aa/7").ok());
  ASSERT_TRUE(Say("dose_taken", minutes(5), "aa/8").ok());
  world_.Pass(std::chrono::hours(3));
  ASSERT_TRUE(Say("dose_missed", minutes(180), "bb/1").ok());
  EXPECT_THAT(centre->Take(),
              ElementsAre("offer dose_missed 2", "withdraw dose_missed dose_taken", "offer dose_missed 2"));
  EXPECT_THAT(Doses(), ElementsAre(State::kCancelled, State::kOffered));
  ASSERT_TRUE(Say("dose_taken", minutes(190), "bb/2").ok());
  EXPECT_THAT(Doses(), ElementsAre(State::kCancelled, State::kCancelled));
}

TEST_F(IntakeTest, ADoseThatWasTakenSilencesNoLaterDoseOfItsNumber) {
  const auto centre = world_.Attend("centre-1480");
  ASSERT_TRUE(Say("dose_taken", minutes(0), "aa/7").ok());
  ASSERT_TRUE(Say("dose_missed", minutes(180), "bb/1").ok());
  EXPECT_THAT(centre->Take(), ElementsAre("offer dose_missed 2"));
}

TEST_F(IntakeTest, ADoseThatIsTakenEndsNoEarlierDoseOfItsNumber) {
  ASSERT_TRUE(Say("dose_missed", minutes(0), "aa/7").ok());
  ASSERT_TRUE(Say("dose_taken", minutes(180), "bb/1").ok());
  EXPECT_THAT(Doses(), ElementsAre(State::kRaised));
}

TEST_F(IntakeTest, AnAlarmOfAnUnknownKindRingsForEachEvent) {
  const auto fallback = world_.Attend("county-fallback");
  auto flood = World::Event("flood", "1");
  ASSERT_TRUE(world_.Say(flood).ok());
  ASSERT_TRUE(world_.Say(flood).ok());
  flood.set_event_id("disp-1/a/bb/1");
  ASSERT_TRUE(world_.Say(flood).ok());
  EXPECT_THAT(fallback->Take(), ElementsAre("offer unknown_alarm_kind 2", "offer unknown_alarm_kind 2"));
}

TEST_F(IntakeTest, ATestDisturbsNobody) {
  const auto centre = world_.Attend("centre-1480");
  auto test = World::Event("dose_missed", "d1");
  test.mutable_record()->set_test(true);
  ASSERT_TRUE(world_.Say(test).ok());
  EXPECT_THAT(centre->Take(), IsEmpty());
  EXPECT_EQ(world_.store.size(), 0U);
}

TEST_F(IntakeTest, AnAlarmThatIsTooOldIsToldAndNotRungFor) {
  const auto centre = world_.Attend("centre-1480");
  const auto fallback = world_.Attend("county-fallback");
  ASSERT_TRUE(Miss("d1", std::chrono::hours(13)).ok());
  EXPECT_THAT(centre->Take(), IsEmpty());
  EXPECT_EQ(StateOf("dose_missed", "d1"), State::kExpired);
  EXPECT_THAT(fallback->Take(), ElementsAre("offer arrived_late 2"));
  const Alert* told = world_.store.Find(kArrivedLate, world_.store.Find("dose_missed", "d1")->id);
  ASSERT_NE(told, nullptr);
  EXPECT_EQ(told->resident, "");
  ASSERT_TRUE(Miss("d1", std::chrono::hours(13)).ok());
  EXPECT_THAT(fallback->Take(), IsEmpty()) << "the same event again";
}

TEST_F(IntakeTest, AnAlarmThatIsLateAndStillOneRingsWithBothTimes) {
  const auto centre = world_.Attend("centre-1480");
  ASSERT_TRUE(Miss("d1", std::chrono::hours(11)).ok());
  EXPECT_THAT(centre->Take(), ElementsAre("offer dose_missed 2"));
  const Alert* alert = world_.store.Find("dose_missed", "d1");
  EXPECT_EQ(alert->raised_at - alert->effective_at, std::chrono::hours(11));
  EXPECT_EQ(alert->expires_at, alert->effective_at + std::chrono::hours(12));
}

TEST_F(IntakeTest, ADeviceThatWasAwayForAWeekRingsOnceAndNamesEachDose) {
  const auto fallback = world_.Attend("county-fallback");
  for (int day = 7; day > 0; --day) {
    ASSERT_TRUE(Miss("d" + std::to_string(day), std::chrono::hours(24 * day)).ok());
  }
  EXPECT_THAT(fallback->Take(), ElementsAre("offer arrived_late 2"));
  const Alert& told = *world_.store.Find(kArrivedLate, world_.store.Find("dose_missed", "d7")->id);
  EXPECT_THAT(world_.store.Actions(told.id),
              ElementsAre("raised", "offered", "joined", "joined", "joined", "joined", "joined", "joined"));
  EXPECT_EQ(world_.store.Get(told.id)->history.back().reason,
            "dose_missed of 2024-10-03T12:00:00Z, alert " + world_.store.Find("dose_missed", "d1")->id);
}

TEST_F(IntakeTest, WhatIsLateAfterSomebodyAnsweredRingsAgain) {
  const auto fallback = world_.Attend("county-fallback");
  ASSERT_TRUE(Miss("d1", std::chrono::hours(48)).ok());
  const std::string told = world_.store.Find(kArrivedLate, world_.store.Find("dose_missed", "d1")->id)->id;
  ASSERT_TRUE(world_.desk.Accept(world_.As("county-fallback"), {told, {"county-fallback", "anna"}, ""}).ok());
  fallback->Take();
  ASSERT_TRUE(Miss("d2", std::chrono::hours(24)).ok());
  EXPECT_THAT(fallback->Take(), ElementsAre("offer arrived_late 2")) << "who answered has not heard of this one";
}

TEST_F(IntakeTest, ALateAlarmThatIsOverTellsNobody) {
  const auto fallback = world_.Attend("county-fallback");
  auto taken = World::Event("dose_taken", "d1");
  *taken.mutable_effective_at() = ToTimestamp(testing::kNoon - std::chrono::hours(24));
  ASSERT_TRUE(world_.Say(taken).ok());
  ASSERT_TRUE(Miss("d1", std::chrono::hours(25)).ok());
  EXPECT_THAT(fallback->Take(), IsEmpty());
  EXPECT_EQ(StateOf("dose_missed", "d1"), State::kCancelled);
}

TEST_F(IntakeTest, ADeviceClockThatRunsAheadDoesNotProlongTheAlarm) {
  auto ahead = World::Event("dose_missed", "d1");
  *ahead.mutable_effective_at() = ToTimestamp(testing::kNoon + std::chrono::hours(20));
  ASSERT_TRUE(world_.Say(ahead).ok());
  EXPECT_EQ(world_.store.Find("dose_missed", "d1")->expires_at, testing::kNoon + std::chrono::hours(12));
}

TEST_F(IntakeTest, WithoutAChainTheFallbackUnitGetsTheAlarmAndIsToldWhy) {
  world_.chains.Apply(true, {*world_.chains.Current("tech-1480")}, 2);
  const auto fallback = world_.Attend("county-fallback");
  ASSERT_TRUE(world_.Say(World::Event("dose_missed", "d1")).ok());
  EXPECT_THAT(fallback->Take(), ElementsAre("offer dose_missed 2", "offer no_chain 2"));
  EXPECT_EQ(world_.store.Find("dose_missed", "d1")->unit, "tech-1480");
}

TEST_F(IntakeTest, ADeviceThatNobodyKnowsRingsAtTheLastResort) {
  const auto fallback = world_.Attend("county-fallback");
  auto stranger = World::Event("dose_missed", "d1");
  stranger.set_device("stranger-1");
  ASSERT_TRUE(world_.Say(stranger).ok());
  EXPECT_THAT(fallback->Take(), ElementsAre("offer dose_missed 2", "offer no_responsible 2"));
}

TEST_F(IntakeTest, AnAlarmOfAnEndedAssignmentGoesToWhoAnsweredLast) {
  registry::v1::Route route = *world_.routes.Find("disp-1");
  *route.mutable_assignments(0)->mutable_end_at() = ToTimestamp(testing::kNoon - seconds(60));
  route.set_revision(2);
  world_.routes.Apply(false, {route}, 2);
  const auto centre = world_.Attend("centre-1480");
  ASSERT_TRUE(world_.Say(World::Event("dose_missed", "d1")).ok());
  EXPECT_THAT(centre->Take(), ElementsAre("offer dose_missed 2"));
}

TEST_F(IntakeTest, WhatIngestQuarantinedBecomesATechnicalAlertWithoutAResident) {
  const auto fallback = world_.Attend("county-fallback");
  auto held = World::Event(kIngestQuarantined, "value_out_of_range");
  ASSERT_TRUE(world_.Say(held).ok());
  ASSERT_TRUE(world_.Say(held).ok());
  EXPECT_THAT(fallback->Take(), ElementsAre("offer ingest_quarantined 2"));
  EXPECT_EQ(world_.store.Find(kIngestQuarantined, "value_out_of_range@" + held.event_id())->resident, "");
  held.set_event_id("disp-1/a/0000000000000001/later");
  ASSERT_TRUE(world_.Say(held).ok());
  EXPECT_THAT(fallback->Take(), ElementsAre("offer ingest_quarantined 2")) << "the same reason later rings again";
}

TEST_F(IntakeTest, AServerThatDropsMessagesIsAnAlertOfTheOperator) {
  const auto fallback = world_.Attend("county-fallback");
  auto dropped = World::Event(kMqttDropped, kMqttDropped);
  dropped.set_device("platform-mqtt");
  ASSERT_TRUE(world_.Say(dropped).ok());
  EXPECT_THAT(fallback->Take(), ElementsAre("offer mqtt_dropped 2"));
}

TEST_F(IntakeTest, AnEntryThatCannotBeReadBecomesATechnicalAlertAndTheNextOnePasses) {
  const auto fallback = world_.Attend("county-fallback");
  const auto centre = world_.Attend("centre-1480");
  for (const std::string& bytes : {std::string("\xff\xff\xff not protobuf"), std::string(), std::string(3, '\0')}) {
    ASSERT_TRUE(world_.SayBytes(bytes).ok());
  }
  EXPECT_THAT(fallback->Take(),
              ElementsAre("offer log_unreadable 2", "offer log_unreadable 2", "offer log_unreadable 2"));
  ASSERT_TRUE(world_.Say(World::Event("dose_missed", "d1")).ok());
  EXPECT_THAT(centre->Take(), ElementsAre("offer dose_missed 2"));
}

TEST_F(IntakeTest, AnEntryThatTheStoreRefusesHoldsUpNobody) {
  world_.store.Refuse("poison-1");
  const auto fallback = world_.Attend("county-fallback");
  auto poison = World::Event("dose_missed", "d1");
  poison.set_device("poison-1");
  ASSERT_TRUE(world_.Say(poison).ok());
  EXPECT_THAT(fallback->Take(), ElementsAre("offer alarm_unroutable 2"));
  EXPECT_EQ(world_.store.position(ShardOf("disp-1")), "0-1");
}

TEST_F(IntakeTest, AKindThatTheCatalogueDoesNotHaveIsNoSilence) {
  const auto fallback = world_.Attend("county-fallback");
  ASSERT_TRUE(world_.Say(World::Event("flood", "f1")).ok());
  EXPECT_THAT(fallback->Take(), ElementsAre("offer unknown_alarm_kind 2"));
}

}  // namespace
}  // namespace nara::alert
