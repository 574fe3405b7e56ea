// A responsibility on its way: nothing falls between giver and receiver.
#include "device_registry/responsibility/hand_overs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <thread>
#include <vector>

#include "common/metrics/registry.h"
#include "common/routes/timeline.h"
#include "common/rpc/error.h"
#include "common/time/proto_time.h"
#include "device_registry/responsibility/deadlines.h"
#include "device_registry/testing/county.h"

namespace nara::registry {
namespace {

using testing::At;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::int64_t kPast = 1'700'000'000;

class HandOversTest : public ::testing::Test {
 protected:
  HandOversTest() {
    county_.Fill();
    EXPECT_TRUE(county_.Assign("a-1", "disp-0001", "r-1", kPast).ok());
  }

  static v1::ProposeHandOverRequest To1490(std::int64_t since, const std::string& id = "h-1") {
    v1::ProposeHandOverRequest request;
    request.set_hand_over(id);
    request.set_assignment("a-1");
    request.set_care_unit("care-1490-1");
    request.set_alarm_unit("care-1490-1");
    *request.mutable_since() = At(since);
    return request;
  }

  absl::StatusOr<v1::HandOver> Propose(const std::string& who, const v1::ProposeHandOverRequest& request) {
    const auto response = hand_overs_.ProposeHandOver(county_.As(who), request);
    if (!response.ok()) return response.status();
    return response->hand_over();
  }

  absl::StatusOr<v1::HandOver> Accept(const std::string& who, const v1::HandOver& hand_over,
                                      const std::vector<std::string>& alerts = {}) {
    v1::AcceptHandOverRequest request;
    request.set_hand_over(hand_over.id());
    request.set_revision(hand_over.revision());
    for (const std::string& alert : alerts) request.add_alerts(alert);
    const auto response = hand_overs_.AcceptHandOver(county_.As(who), request);
    if (!response.ok()) return response.status();
    return response->hand_over();
  }

  absl::StatusOr<v1::HandOver> Decline(const std::string& who, const v1::HandOver& hand_over) {
    v1::DeclineHandOverRequest request;
    request.set_hand_over(hand_over.id());
    request.set_revision(hand_over.revision());
    request.set_objection("bor kvar i Göteborg");
    const auto response = hand_overs_.DeclineHandOver(county_.As(who), request);
    if (!response.ok()) return response.status();
    return response->hand_over();
  }

  absl::StatusOr<v1::HandOver> Withdraw(const std::string& who, const v1::HandOver& hand_over) {
    v1::WithdrawHandOverRequest request;
    request.set_hand_over(hand_over.id());
    request.set_revision(hand_over.revision());
    const auto response = hand_overs_.WithdrawHandOver(county_.As(who), request);
    if (!response.ok()) return response.status();
    return response->hand_over();
  }

  std::string Listed(const std::string& who) {
    const auto response = hand_overs_.ListHandOvers(county_.As(who), {});
    if (!response.ok()) return rpc::ReasonOf(response.status());
    std::string text;
    for (const v1::HandOver& hand_over : response->hand_overs()) {
      text += hand_over.id() + ":" + HandOverState_Name(hand_over.state()).substr(16) + " ";
    }
    return text;
  }

  std::string UnitAt(v1::Purpose purpose, const google::protobuf::Timestamp& at) {
    EXPECT_TRUE(county_.CatchUp());
    const auto route = county_.feeds().routes.table().Find("disp-0001");
    const v1::Responsibility* point = ResponsibleAt(*route, purpose, at);
    return point == nullptr ? "nobody" : point->unit();
  }
  std::string UnitNow(v1::Purpose purpose) { return UnitAt(purpose, ToProto(absl::Now() + absl::Seconds(1))); }

  template <typename T>
  static std::string Reason(const absl::StatusOr<T>& result) {
    return result.ok() ? "" : rpc::ReasonOf(result.status());
  }

  v1::Move MoveOf(const std::string& unit) {
    v1::Move move;
    move.set_id("move-1");
    move.set_resident("r-1");
    move.set_care_unit(unit);
    return move;
  }

  testing::County county_;
  HandOvers& hand_overs_ = county_.hand_overs();
};

TEST_F(HandOversTest, UntilItIsAcceptedTheGiverAnswers) {
  const auto proposed = Propose("chef-1480", To1490(kPast + 1000));
  ASSERT_TRUE(proposed.ok()) << proposed.status();
  EXPECT_EQ(proposed->from_unit(), "care-1480-1");
  EXPECT_EQ(proposed->to_principal(), "1490");
  EXPECT_EQ(proposed->device(), "disp-0001");
  EXPECT_EQ(UnitNow(v1::PURPOSE_CARE), "care-1480-1");
  EXPECT_EQ(UnitNow(v1::PURPOSE_ALARM), "alarm-1480");
}

TEST_F(HandOversTest, TheLegalTimeIsCaresAndTheAcceptanceIsAlarms) {
  const auto proposed = Propose("chef-1480", To1490(kPast + 1000));
  ASSERT_TRUE(proposed.ok());
  const auto accepted = Accept("chef-1490", *proposed, {"alert-1", "alert-2"});
  ASSERT_TRUE(accepted.ok()) << accepted.status();
  EXPECT_EQ(accepted->state(), v1::HAND_OVER_STATE_ACCEPTED);
  EXPECT_THAT(accepted->alerts(), ElementsAre("alert-1", "alert-2"));
  EXPECT_EQ(UnitAt(v1::PURPOSE_CARE, At(kPast + 999)), "care-1480-1");
  EXPECT_EQ(UnitAt(v1::PURPOSE_CARE, At(kPast + 1000)), "care-1490-1");
  EXPECT_EQ(UnitAt(v1::PURPOSE_ALARM, At(kPast + 1000)), "alarm-1480") << "who had to ring then";
  EXPECT_EQ(UnitAt(v1::PURPOSE_ALARM, accepted->answered_at()), "care-1490-1");
}

TEST_F(HandOversTest, ALegalTimeThatHasPassedIsACorrectionOfCare) {
  const auto proposed = Propose("chef-1480", To1490(kPast + 1000));
  ASSERT_TRUE(proposed.ok());
  const auto accepted = Accept("chef-1490", *proposed);
  ASSERT_TRUE(accepted.ok());
  ASSERT_TRUE(county_.CatchUp());
  const auto route = county_.feeds().routes.table().Find("disp-0001");
  ASSERT_EQ(route->corrections_size(), 1);
  const v1::Correction& correction = route->corrections(0);
  EXPECT_EQ(correction.purpose(), v1::PURPOSE_CARE);
  EXPECT_EQ(correction.start_at().seconds(), kPast + 1000);
  EXPECT_EQ(correction.from_unit(), "care-1480-1");
  EXPECT_EQ(correction.to_unit(), "care-1490-1");
  EXPECT_EQ(correction.revision(), accepted->revision());
}

TEST_F(HandOversTest, OneThatIsToComeChangesNothingYet) {
  const std::int64_t later = absl::ToUnixSeconds(absl::Now()) + 86'400;
  const auto proposed = Propose("chef-1480", To1490(later));
  ASSERT_TRUE(proposed.ok()) << proposed.status();
  ASSERT_TRUE(Accept("chef-1490", *proposed).ok());
  EXPECT_EQ(UnitNow(v1::PURPOSE_ALARM), "alarm-1480");
  EXPECT_EQ(UnitAt(v1::PURPOSE_ALARM, At(later)), "care-1490-1");
  EXPECT_EQ(UnitAt(v1::PURPOSE_CARE, At(later)), "care-1490-1");
}

TEST_F(HandOversTest, EachSideDoesItsOwn) {
  EXPECT_EQ(Reason(Propose("chef-1490", To1490(kPast + 1000))), "UNKNOWN_ASSIGNMENT");
  EXPECT_EQ(Reason(Propose("care", To1490(kPast + 1000))), "FORBIDDEN");
  const auto proposed = Propose("chef-1480", To1490(kPast + 1000));
  ASSERT_TRUE(proposed.ok());
  EXPECT_EQ(Accept("chef-1480", *proposed).status(), NotThere("hand_over", "h-1"));
  EXPECT_EQ(Decline("chef-1480", *proposed).status(), NotThere("hand_over", "h-1"));
  EXPECT_EQ(Withdraw("chef-1490", *proposed).status(), NotThere("hand_over", "h-1"));
  EXPECT_TRUE(Withdraw("chef-1480", *proposed).ok());
  EXPECT_EQ(Reason(Accept("chef-1490", *proposed)), "HAND_OVER_CLOSED");
}

TEST_F(HandOversTest, ADisputeIsSeenByBothSidesAndTheOperator) {
  const auto proposed = Propose("chef-1480", To1490(kPast + 1000));
  ASSERT_TRUE(proposed.ok());
  const auto declined = Decline("chef-1490", *proposed);
  ASSERT_TRUE(declined.ok()) << declined.status();
  for (const std::string who : {"chef-1480", "chef-1490", "watch", "care"}) {
    EXPECT_EQ(Listed(who), "h-1:DISPUTED ") << who;
  }
  EXPECT_EQ(Listed("hmc"), "") << "not a side";
  EXPECT_EQ(UnitNow(v1::PURPOSE_CARE), "care-1480-1");
  EXPECT_EQ(Reason(Propose("chef-1480", To1490(kPast + 2000, "h-2"))), "HAND_OVER_OPEN");
  EXPECT_TRUE(Accept("chef-1490", *declined).ok()) << "the receiver gives in";
}

TEST_F(HandOversTest, TheSameAgainIsAnsweredAsTheFirst) {
  const auto proposed = Propose("chef-1480", To1490(kPast + 1000));
  ASSERT_TRUE(proposed.ok());
  EXPECT_EQ(Propose("chef-1480", To1490(kPast + 1000))->revision(), proposed->revision());
  v1::ProposeHandOverRequest other = To1490(kPast + 1000);
  other.clear_alarm_unit();
  EXPECT_EQ(Reason(Propose("chef-1480", other)), "HAND_OVER_DIFFERS");
  const auto accepted = Accept("chef-1490", *proposed, {"alert-1"});
  ASSERT_TRUE(accepted.ok());
  EXPECT_EQ(Accept("chef-1490", *proposed, {"alert-1"})->revision(), accepted->revision());
  EXPECT_EQ(Reason(Accept("chef-1490", *proposed, {"alert-2"})), "HAND_OVER_CLOSED");
}

TEST_F(HandOversTest, AnAnswerNamesWhatItSaw) {
  auto proposed = Propose("chef-1480", To1490(kPast + 1000));
  ASSERT_TRUE(proposed.ok());
  proposed->set_revision(proposed->revision() - 1);
  EXPECT_EQ(Reason(Accept("chef-1490", *proposed)), "STALE_VERSION");
}

TEST_F(HandOversTest, WhoAnswersByThenIsNotOvertaken) {
  const auto proposed = Propose("chef-1480", To1490(kPast + 1000));
  ASSERT_TRUE(proposed.ok());
  v1::TransferResponsibilityRequest transfer;
  transfer.set_assignment("a-1");
  transfer.set_purpose(v1::PURPOSE_CARE);
  transfer.set_unit("tech-14");
  *transfer.mutable_since() = At(kPast + 5000);
  ASSERT_TRUE(county_.assignments().TransferResponsibility(county_.As("admin"), transfer).ok());
  EXPECT_EQ(Reason(Accept("chef-1490", *proposed)), "GIVER_CHANGED");
}

TEST_F(HandOversTest, OfAnAcceptanceAndAWithdrawalAtOnceOneWins) {
  for (int round = 0; round < 5; ++round) {
    const auto proposed = Propose("admin", To1490(kPast + 1000 + round, "race-" + std::to_string(round)));
    ASSERT_TRUE(proposed.ok()) << proposed.status();
    std::string accepted, withdrawn;
    {
      const std::jthread receiver([&] { accepted = Reason(Accept("chef-1490", *proposed)); });
      const std::jthread giver([&] { withdrawn = Reason(Withdraw("chef-1480", *proposed)); });
    }
    EXPECT_EQ(accepted.empty() + withdrawn.empty(), 1);
    if (!accepted.empty()) continue;
    EXPECT_EQ(UnitNow(v1::PURPOSE_CARE), "care-1490-1");
    return;
  }
}

TEST_F(HandOversTest, AfterTheDeadlineBothSidesAndTheOperatorAreTold) {
  const auto proposed = Propose("chef-1480", To1490(kPast + 1000));
  ASSERT_TRUE(proposed.ok());
  metrics::Registry registry;
  Metrics metrics(registry);
  Deadlines deadlines(county_.hand_over_store(), county_.moves(), metrics);
  ASSERT_TRUE(deadlines.Round().ok());
  EXPECT_EQ(Listed("watch"), "h-1:PROPOSED ");
  EXPECT_EQ(county_.Try("update registry.hand_overs set deadline = now() - interval '1 second'"), "");
  ASSERT_TRUE(deadlines.Round().ok());
  for (const std::string who : {"chef-1480", "chef-1490", "watch"}) EXPECT_EQ(Listed(who), "h-1:EXPIRED ") << who;
  EXPECT_THAT(registry.Text(), HasSubstr("nara_registry_hand_overs_expired_total 1"));
  EXPECT_THAT(registry.Text(), HasSubstr("nara_registry_hand_overs_open{state=\"expired\"} 1"));
  EXPECT_EQ(county_.Ask("select actor || ' ' || action from registry.changes where object = 'hand_over' "
                        "order by revision desc limit 1"),
            "nara-device-registry expire");
  ASSERT_TRUE(deadlines.Round().ok());
  EXPECT_THAT(registry.Text(), HasSubstr("nara_registry_hand_overs_expired_total 1")) << "told once";
  const auto known = hand_overs_.GetHandOver(county_.As("chef-1490"), [] {
    v1::GetHandOverRequest request;
    request.set_hand_over("h-1");
    return request;
  }());
  ASSERT_TRUE(known.ok());
  EXPECT_TRUE(Accept("chef-1490", known->hand_over()).ok()) << "late is better than never";
}

TEST_F(HandOversTest, WhatIsOpenLapsesWithItsAssignment) {
  ASSERT_TRUE(Propose("chef-1480", To1490(kPast + 1000)).ok());
  v1::EndAssignmentRequest end;
  end.set_assignment("a-1");
  ASSERT_TRUE(county_.assignments().EndAssignment(county_.As("chef-1480"), end).ok());
  metrics::Registry registry;
  Metrics metrics(registry);
  ASSERT_TRUE(Deadlines(county_.hand_over_store(), county_.moves(), metrics).Round().ok());
  EXPECT_EQ(Listed("watch"), "h-1:LAPSED ");
}

TEST_F(HandOversTest, TheListHasPages) {
  ASSERT_TRUE(Withdraw("admin", *Propose("admin", To1490(kPast + 1000, "h-1"))).ok());
  ASSERT_TRUE(Propose("admin", To1490(kPast + 1000, "h-2")).ok());
  v1::ListHandOversRequest request;
  request.set_page_size(1);
  const auto first = hand_overs_.ListHandOvers(county_.As("chef-1490"), request);
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(first->hand_overs(0).id(), "h-1");
  request.set_page_token(first->next_page_token());
  const auto second = hand_overs_.ListHandOvers(county_.As("chef-1490"), request);
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(second->hand_overs(0).id(), "h-2");
  EXPECT_EQ(second->next_page_token(), "");
  request.add_states(v1::HAND_OVER_STATE_PROPOSED);
  EXPECT_EQ(Reason(hand_overs_.ListHandOvers(county_.As("chef-1490"), request)), "PAGE_TOKEN");
}

TEST_F(HandOversTest, AMoveOfHomeProposesBothForEachDevice) {
  ASSERT_TRUE(county_.Assign("a-2", "bp-0001", "r-1", kPast).ok());
  v1::MoveHomeRequest request;
  *request.mutable_move() = MoveOf("care-1490-1");
  *request.mutable_moves_at() = At(kPast + 1000);
  const auto moved = hand_overs_.MoveHome(county_.As("chef-1480"), request);
  ASSERT_TRUE(moved.ok()) << moved.status();
  ASSERT_EQ(moved->hand_overs_size(), 2);
  for (const v1::HandOver& hand_over : moved->hand_overs()) {
    EXPECT_EQ(hand_over.reason(), v1::HAND_OVER_REASON_MOVE);
    EXPECT_EQ(hand_over.care_unit(), "care-1490-1");
    EXPECT_EQ(hand_over.alarm_unit(), "care-1490-1");
    EXPECT_EQ(hand_over.since().seconds(), kPast + 1000);
  }
  const auto again = hand_overs_.MoveHome(county_.As("chef-1480"), request);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->SerializeAsString(), moved->SerializeAsString());
  request.mutable_move()->set_care_unit("care-1480-2");
  EXPECT_EQ(Reason(hand_overs_.MoveHome(county_.As("chef-1480"), request)), "INVALID_FIELD") << "no move";
}

TEST_F(HandOversTest, OneThatCannotBeProposedStopsThemAll) {
  ASSERT_TRUE(county_.Assign("a-2", "bp-0001", "r-1", kPast).ok());
  ASSERT_TRUE(Propose("chef-1480", To1490(kPast + 1000)).ok());
  v1::MoveHomeRequest request;
  *request.mutable_move() = MoveOf("care-1490-1");
  *request.mutable_moves_at() = At(kPast + 1000);
  EXPECT_EQ(Reason(hand_overs_.MoveHome(county_.As("chef-1480"), request)), "HAND_OVER_OPEN");
  EXPECT_EQ(Listed("watch"), "h-1:PROPOSED ");
}

TEST_F(HandOversTest, ADischargeIsFromTheRegionWithinADay) {
  v1::DischargeRequest request;
  *request.mutable_move() = MoveOf("care-1480-2");
  *request.mutable_discharged_at() = At(kPast + 2000);
  EXPECT_EQ(Reason(hand_overs_.Discharge(county_.As("admin"), request)), "NO_REGION_ANSWERS") << "not in hospital";
  v1::TransferResponsibilityRequest admitted;
  admitted.set_assignment("a-1");
  admitted.set_purpose(v1::PURPOSE_CARE);
  admitted.set_unit("tech-14");
  *admitted.mutable_since() = At(kPast + 1000);
  ASSERT_TRUE(county_.assignments().TransferResponsibility(county_.As("admin"), admitted).ok());
  const auto discharged = hand_overs_.Discharge(county_.As("admin"), request);
  ASSERT_TRUE(discharged.ok()) << discharged.status();
  const v1::HandOver& hand_over = discharged->hand_overs(0);
  EXPECT_EQ(hand_over.reason(), v1::HAND_OVER_REASON_DISCHARGE);
  EXPECT_EQ(hand_over.from_principal(), "14");
  EXPECT_EQ(FromProto(hand_over.deadline()) - FromProto(hand_over.proposed_at()), absl::Hours(24));
}

TEST_F(HandOversTest, WhatHasNothingToHandOverSaysWhy) {
  v1::DischargeRequest request;
  *request.mutable_move() = MoveOf("care-1480-2");
  *request.mutable_discharged_at() = At(kPast + 2000);
  const absl::Status at_home = hand_overs_.Discharge(county_.As("chef-1480"), request).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(at_home)) << at_home;
  EXPECT_EQ(rpc::ReasonOf(at_home), "NO_REGION_ANSWERS");
  request.mutable_move()->set_resident("r-2");
  for (const std::string who : {"chef-1480", "admin"}) {
    const absl::Status without = hand_overs_.Discharge(county_.As(who), request).status();
    EXPECT_TRUE(absl::IsFailedPrecondition(without)) << without;
    EXPECT_EQ(rpc::ReasonOf(without), "NOTHING_TO_HAND_OVER") << who;
  }
  const absl::Status foreign = hand_overs_.Discharge(county_.As("chef-1490"), request).status();
  request.mutable_move()->set_resident("r-none");
  const absl::Status unknown = hand_overs_.Discharge(county_.As("chef-1490"), request).status();
  EXPECT_EQ(foreign, NotThere("resident", "r-2")) << "told to nobody";
  EXPECT_EQ(unknown, NotThere("resident", "r-none"));
  EXPECT_EQ(Reason(hand_overs_.Discharge(county_.As("admin"), request)), "UNKNOWN_RESIDENT");
}

TEST_F(HandOversTest, WhetherAnotherAnswersForAResidentsDeviceIsNotTold) {
  v1::TransferResponsibilityRequest given;
  given.set_assignment("a-1");
  given.set_purpose(v1::PURPOSE_CARE);
  given.set_unit("care-1490-1");
  *given.mutable_since() = At(kPast + 1000);
  ASSERT_TRUE(county_.assignments().TransferResponsibility(county_.As("admin"), given).ok());
  v1::DischargeRequest request;
  *request.mutable_move() = MoveOf("care-1480-2");
  *request.mutable_discharged_at() = At(kPast + 2000);
  const absl::Status others = hand_overs_.Discharge(county_.As("chef-1480"), request).status();
  request.mutable_move()->set_resident("r-2");
  const absl::Status nobodys = hand_overs_.Discharge(county_.As("chef-1480"), request).status();
  EXPECT_EQ(rpc::ReasonOf(others), "NOTHING_TO_HAND_OVER");
  EXPECT_EQ(others.message(), nobodys.message());
}

TEST_F(HandOversTest, ALevelOfCareMovesCareAlone) {
  v1::ChangeCareLevelRequest request;
  *request.mutable_move() = MoveOf("care-1480-2");
  *request.mutable_since() = At(kPast + 1000);
  const auto changed = hand_overs_.ChangeCareLevel(county_.As("chef-1480"), request);
  ASSERT_TRUE(changed.ok()) << changed.status();
  EXPECT_EQ(changed->hand_overs(0).alarm_unit(), "");
  EXPECT_EQ(changed->hand_overs(0).reason(), v1::HAND_OVER_REASON_CARE_LEVEL);
}

TEST_F(HandOversTest, AdulthoodBeginsAtMidnightOfTheBirthday) {
  v1::ReachAdulthoodRequest request;
  *request.mutable_move() = MoveOf("care-1480-2");
  request.set_birth_date("2008-07-01");
  const auto grown = hand_overs_.ReachAdulthood(county_.As("chef-1480"), request);
  ASSERT_TRUE(grown.ok()) << grown.status();
  absl::Time midnight;
  ASSERT_TRUE(absl::ParseTime(absl::RFC3339_full, "2026-07-01T00:00:00+02:00", &midnight, nullptr));
  EXPECT_EQ(FromProto(grown->hand_overs(0).since()), midnight);
  EXPECT_EQ(grown->hand_overs(0).reason(), v1::HAND_OVER_REASON_ADULTHOOD);
  EXPECT_EQ(county_.Ask("select count(*) from registry.changes where detail::text like '%2008-07%'"), "0");
  request.set_birth_date("2008-02-30");
  EXPECT_EQ(Reason(hand_overs_.ReachAdulthood(county_.As("chef-1480"), request)), "INVALID_FIELD");
}

TEST_F(HandOversTest, SpecialHousingTakesBoth) {
  v1::EnterSpecialHousingRequest request;
  *request.mutable_move() = MoveOf("care-1480-2");
  *request.mutable_moves_at() = At(kPast + 1000);
  const auto entered = hand_overs_.EnterSpecialHousing(county_.As("chef-1480"), request);
  ASSERT_TRUE(entered.ok()) << entered.status();
  EXPECT_EQ(entered->hand_overs(0).alarm_unit(), "care-1480-2");
  EXPECT_EQ(entered->hand_overs(0).reason(), v1::HAND_OVER_REASON_SPECIAL_HOUSING);
}

}  // namespace
}  // namespace nara::registry
