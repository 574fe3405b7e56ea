#include "data_broker/holder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data_broker/testing/timeline.h"

namespace nara::broker {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::kNoon;
using testing::Side;
using testing::Timeline;

const Side kAnna{.assignment = "as-1", .resident = "r-anna", .unit = "unit-a"};
const Side kBerit{.assignment = "as-2", .resident = "r-berit", .unit = "unit-b"};
const Side kNobody{};

// Of Anna's, by a route of revision 1, with the label that it got by that.
CareRecord Record(std::int64_t at = kNoon) {
  CareRecord record{.log = LogAt(0), .position = {1, 0}, .assignment = kAnna.assignment, .resident = kAnna.resident};
  record.route_revision = 1;
  record.party = Party{"1480", kAnna.unit};
  record.observation.set_id("id");
  record.observation.set_device("d-1");
  record.observation.set_kind("glucose");
  record.observation.set_resident(kAnna.resident);
  record.observation.mutable_effective_at()->set_seconds(at);
  return record;
}

CareRecord Moved(const CareRecord& record, const Holder& holder) {
  CareRecord moved = record;
  moved.assignment = holder.assignment;
  moved.resident = holder.resident;
  moved.party = holder.party;
  return moved;
}

// "-unit@revision" withdrawn, "+unit@revision" reissued.
std::vector<std::string> Told(const Judgement& judgement) {
  std::vector<std::string> told;
  for (const Notice& notice : judgement.notices) {
    const std::string sign = notice.what == Notice::What::kWithdrawn ? "-" : "+";
    told.push_back(sign + notice.party.unit + "@" + std::to_string(notice.revision));
  }
  return told;
}

Timeline Both() {
  return Timeline("d-1").Assign(kAnna).Assign(kBerit);
}

TEST(Holder, WithoutACorrectionNobodyIsTold) {
  const auto route = Both().At(9);
  const Judgement judgement = Judge(route, Record(), 0);
  EXPECT_EQ(judgement.holder, (Holder{"as-1", "r-anna", {"1480", "unit-a"}}));
  EXPECT_THAT(judgement.notices, IsEmpty());
}

TEST(Holder, ACorrectionTakesFromOneAndGivesToTheOther) {
  const auto route = Both().Correct(5, kAnna, kBerit, kNoon - 60, kNoon + 60).At(5);
  const Judgement judgement = Judge(route, Record(), 4);
  EXPECT_EQ(judgement.holder, (Holder{"as-2", "r-berit", {"1480", "unit-b"}}));
  EXPECT_EQ(HolderOf(route, Record()), judgement.holder);
  ASSERT_THAT(Told(judgement), ElementsAre("-unit-a@5", "+unit-b@5"));
  const Notice& notice = judgement.notices.front();
  EXPECT_EQ(notice.id, "id");
  EXPECT_EQ(notice.device, "d-1");
  EXPECT_EQ(notice.kind, "glucose");
  EXPECT_EQ(notice.party.principal, "1480");
  EXPECT_EQ(notice.start_at.seconds(), kNoon - 60);
  EXPECT_EQ(notice.end_at.seconds(), kNoon + 60);
  EXPECT_THAT(Judge(route, Record(kNoon + 60), 4).notices, IsEmpty()) << "outside of its time";
}

TEST(Holder, WhatIsCarriedOutIsNotToldAgain) {
  const auto route = Both().Correct(5, kAnna, kBerit).At(7);
  const CareRecord moved = Moved(Record(), HolderOf(route, Record()));
  for (const std::uint64_t done : {0U, 4U, 5U}) {
    const Judgement again = Judge(route, moved, done);
    EXPECT_EQ(again.holder.assignment, "as-2");
    EXPECT_THAT(again.notices, IsEmpty());
  }
}

TEST(Holder, ACorrectionOfACorrectionTellsEveryoneWhoWasInBetween) {
  Timeline timeline = Both().Correct(5, kAnna, kBerit);
  const CareRecord moved = Moved(Record(), HolderOf(timeline.At(5), Record()));
  const auto back = timeline.Correct(6, kBerit, kAnna).At(6);
  const Judgement step = Judge(back, moved, 5);
  EXPECT_EQ(step.holder, (Holder{"as-1", "r-anna", {"1480", "unit-a"}}));
  EXPECT_THAT(Told(step), ElementsAre("-unit-b@6", "+unit-a@6"));
  EXPECT_THAT(Told(Judge(back, Record(), 4)), ElementsAre("-unit-a@5", "-unit-b@6", "+unit-a@6")) << "both at once";
  EXPECT_THAT(Told(Judge(back, Record(), 6)), IsEmpty());
}

TEST(Holder, OfANewRecordThoseAreToldWhoMayHaveReceivedIt) {
  const auto route = Both().Correct(5, kAnna, kBerit).At(5);
  CareRecord record = Record();
  record.party = Party{"1480", kBerit.unit};
  const Judgement judgement = JudgeNew(route, record);
  EXPECT_EQ(judgement.holder, (Holder{"as-2", "r-berit", {"1480", "unit-b"}}));
  EXPECT_THAT(Told(judgement), ElementsAre("-unit-a@5", "+unit-b@5"));
  record.route_revision = 5;
  EXPECT_THAT(JudgeNew(route, record).notices, IsEmpty()) << "ingest knew";
}

TEST(Holder, AHandOverInThePastKeepsTheResident) {
  const Side other{.assignment = "as-1", .resident = "r-anna", .unit = "unit-c"};
  const auto route = Timeline("d-1").Assign(kAnna).Care(other, kNoon).Correct(5, kAnna, other).At(5);
  const Judgement judgement = Judge(route, Record(), 4);
  EXPECT_EQ(judgement.holder, (Holder{"as-1", "r-anna", {"1480", "unit-c"}}));
  EXPECT_THAT(Told(judgement), ElementsAre("-unit-a@5", "+unit-c@5"));
}

TEST(Holder, AnotherResidentOfTheSameUnitIsBothTakenAndGiven) {
  const Side other{.assignment = "as-1", .resident = "r-cilla", .unit = "unit-a"};
  const auto route = Timeline("d-1").Assign(other).Correct(5, kAnna, other).At(5);
  const Judgement judgement = Judge(route, Record(), 4);
  EXPECT_EQ(judgement.holder.resident, "r-cilla");
  EXPECT_THAT(Told(judgement), ElementsAre("-unit-a@5", "+unit-a@5"));
}

TEST(Holder, AUnitsDeviceKeepsThePersonThatTheRecordNames) {
  const Side shared{.assignment = "as-3", .resident = "", .unit = "unit-c"};
  Timeline timeline = Both().Assign(shared).Correct(5, kAnna, shared);
  EXPECT_EQ(HolderOf(timeline.At(5), Record()).resident, "r-anna");
  const CareRecord moved = Moved(Record(), HolderOf(timeline.At(5), Record()));
  timeline.Correct(6, shared, kBerit);
  EXPECT_EQ(HolderOf(timeline.At(6), moved).resident, "r-berit");
}

TEST(Holder, WhatNobodyHadIsNobodysUntilTheRouteSaysWhose) {
  Timeline timeline("d-1");
  timeline.Assign(kAnna).End(kAnna.assignment, kNoon).Correct(5, kAnna, kNobody);
  const Judgement gone = Judge(timeline.At(5), Record(), 4);
  EXPECT_EQ(gone.holder, (Holder{"", "", {}}));
  EXPECT_THAT(Told(gone), ElementsAre("-unit-a@5"));
  const CareRecord nobodys = Moved(Record(), gone.holder);
  EXPECT_THAT(Judge(timeline.At(6), nobodys, 5).notices, IsEmpty());
  const Judgement found = Judge(timeline.Assign(kBerit, kNoon).At(7), nobodys, 6);
  EXPECT_EQ(found.holder, (Holder{"as-2", "r-berit", {"1480", "unit-b"}}));
  EXPECT_THAT(Told(found), ElementsAre("+unit-b@7"));
}

TEST(Holder, ARegistryThatForgotAnAssignmentTakesNothingAway) {
  const auto route = Timeline("d-1").Assign(kBerit).At(9);
  const Judgement judgement = Judge(route, Record(), 0);
  EXPECT_EQ(judgement.holder, (Holder{"as-1", "r-anna", {"1480", "unit-a"}}));
  EXPECT_THAT(judgement.notices, IsEmpty());
  EXPECT_TRUE(HolderOf(route, Record()).party.nobody()) << "nor is anything delivered";
}

// A device's clock may be ahead of the registry's.
TEST(Holder, WhatLiesBehindTheEndOfACorrectionIsToldAllTheSame) {
  const Side other{.assignment = "as-1", .resident = "r-anna", .unit = "unit-c"};
  const auto route =
      Timeline("d-1").Assign(kAnna).Care(other, kNoon - 60).Correct(5, kAnna, other, kNoon - 60, kNoon).At(5);
  EXPECT_THAT(Told(Judge(route, Record(kNoon + 1), 4)), ElementsAre("-unit-a@5", "+unit-c@5"));
}

}  // namespace
}  // namespace nara::broker
