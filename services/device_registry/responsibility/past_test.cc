// Shared devices, absences, what was believed, and what is set right afterwards.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "common/routes/timeline.h"
#include "common/rpc/error.h"
#include "common/time/proto_time.h"
#include "device_registry/testing/county.h"

namespace nara::registry {
namespace {

using testing::At;
using ::testing::HasSubstr;

constexpr std::int64_t kPast = 1'700'000'000;

class PastTest : public ::testing::Test {
 protected:
  PastTest() { county_.Fill(); }

  template <typename T>
  static std::string Reason(const absl::StatusOr<T>& result) {
    return result.ok() ? "" : rpc::ReasonOf(result.status());
  }

  v1::AssignDeviceRequest SharedRequest() {
    v1::AssignDeviceRequest request;
    request.set_assignment("a-1");
    request.set_device("bp-0001");
    request.set_unit("care-1480-1");
    request.set_regime(v1::REGIME_HSL);
    request.set_care_unit("care-1480-1");
    request.set_alarm_unit("alarm-1480");
    *request.mutable_start_at() = At(kPast);
    return request;
  }

  absl::StatusOr<v1::GetAssignmentResponse> Read(const std::string& who, const std::string& assignment,
                                                 std::uint64_t believed = 0) {
    v1::GetAssignmentRequest request;
    request.set_assignment(assignment);
    if (believed > 0) request.mutable_belief()->set_revision(believed);
    return assignments_.GetAssignment(county_.As(who), request);
  }

  v1::CorrectAssignmentRequest Correction(const std::string& path) {
    v1::CorrectAssignmentRequest request;
    request.mutable_assignment()->set_id("a-1");
    request.mutable_update_mask()->add_paths(path);
    request.set_revision(Read("admin", "a-1")->revision());
    return request;
  }

  absl::StatusOr<v1::CorrectAssignmentResponse> Correct(const std::string& who,
                                                        const v1::CorrectAssignmentRequest& request) {
    return assignments_.CorrectAssignment(county_.As(who), request);
  }

  absl::StatusOr<v1::Absence> Away(const std::string& who, const std::string& id, std::int64_t from,
                                   std::int64_t until) {
    v1::PutAbsenceRequest request;
    request.set_assignment("a-1");
    request.mutable_absence()->set_id(id);
    request.mutable_absence()->set_kind(v1::ABSENCE_KIND_HOSPITAL);
    *request.mutable_absence()->mutable_start_at() = At(from);
    if (until > 0) *request.mutable_absence()->mutable_end_at() = At(until);
    const auto response = assignments_.PutAbsence(county_.As(who), request);
    if (!response.ok()) return response.status();
    return response->absence();
  }

  v1::Route Route(const std::string& device) {
    EXPECT_TRUE(county_.CatchUp());
    return *county_.feeds().routes.table().Find(device);
  }

  testing::County county_;
  Assignments& assignments_ = county_.assignments();
};

TEST_F(PastTest, AUnitsDeviceHasNoResident) {
  const auto made = assignments_.AssignDevice(county_.As("chef-1480"), SharedRequest());
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(made->assignment().ground(), v1::GROUND_UNIT_EQUIPMENT);
  const v1::Route route = Route("bp-0001");
  EXPECT_EQ(route.assignments(0).unit(), "care-1480-1");
  EXPECT_EQ(route.assignments(0).resident(), "");
  EXPECT_EQ(assignments_.AssignDevice(county_.As("chef-1480"), SharedRequest())->assignment().SerializeAsString(),
            made->assignment().SerializeAsString());
}

TEST_F(PastTest, ADeviceIsAResidentsOrAUnits) {
  v1::AssignDeviceRequest request = SharedRequest();
  request.set_resident("r-1");
  EXPECT_EQ(Reason(assignments_.AssignDevice(county_.As("admin"), request)), "INVALID_FIELD");
  request.clear_resident();
  request.clear_unit();
  EXPECT_EQ(Reason(assignments_.AssignDevice(county_.As("admin"), request)), "INVALID_FIELD");
  request.set_unit("care-1490-1");
  EXPECT_EQ(Reason(assignments_.AssignDevice(county_.As("chef-1480"), request)), "UNKNOWN_UNIT");
}

TEST_F(PastTest, AGroundFitsItsLaw) {
  v1::AssignDeviceRequest request = SharedRequest();
  request.clear_unit();
  request.set_resident("r-1");
  request.set_regime(v1::REGIME_SOL);
  request.set_ground(v1::GROUND_PRESCRIBED);
  EXPECT_EQ(Reason(assignments_.AssignDevice(county_.As("admin"), request)), "INVALID_FIELD")
      << "ordered, not prescribed";
  request.set_ground(v1::GROUND_UNIT_EQUIPMENT);
  EXPECT_EQ(Reason(assignments_.AssignDevice(county_.As("admin"), request)), "INVALID_FIELD");
  request.set_ground(v1::GROUND_UNSPECIFIED);
  const auto made = assignments_.AssignDevice(county_.As("admin"), request);
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(made->assignment().ground(), v1::GROUND_ASSESSED);
  EXPECT_THAT(county_.Try("update registry.assignments set ground = 1"), HasSubstr("assignments_ground"));
  EXPECT_THAT(county_.Try("update registry.assignments set unit = 'care-1480-1'"), HasSubstr("assignments_"));
}

TEST_F(PastTest, AnAbsenceIsInTheRouteUntilItEnds) {
  ASSERT_TRUE(county_.Assign("a-1", "disp-0001", "r-1", kPast).ok());
  ASSERT_TRUE(Away("chef-1480", "b-1", kPast + 1000, 0).ok());
  EXPECT_TRUE(Away("chef-1480", "b-1", kPast + 1000, 0).ok()) << "the same again";
  EXPECT_EQ(Reason(Away("chef-1480", "b-1", kPast + 2000, 0)), "ABSENCE_DIFFERS");
  EXPECT_EQ(AbsentAt(Route("disp-0001"), At(kPast + 999)), nullptr);
  const v1::Route away = Route("disp-0001");
  ASSERT_NE(AbsentAt(away, At(kPast + 1000)), nullptr);
  EXPECT_EQ(AbsentAt(away, At(kPast + 1000))->kind(), v1::ABSENCE_KIND_HOSPITAL);
  v1::EndAbsenceRequest request;
  request.set_absence("b-1");
  *request.mutable_end_at() = At(kPast + 3000);
  EXPECT_EQ(assignments_.EndAbsence(county_.As("chef-1490"), request).status(), NotThere("absence", "b-1"));
  ASSERT_TRUE(assignments_.EndAbsence(county_.As("chef-1480"), request).ok());
  EXPECT_EQ(AbsentAt(Route("disp-0001"), At(kPast + 3000)), nullptr);
  request.clear_end_at();
  const auto again = assignments_.EndAbsence(county_.As("chef-1480"), request);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->absence().end_at().seconds(), kPast + 3000) << "back is back";
  *request.mutable_end_at() = At(kPast + 1000);
  EXPECT_EQ(Reason(assignments_.EndAbsence(county_.As("chef-1480"), request)), "ABSENCE_NOT_BEGUN");
}

TEST_F(PastTest, OneIsAwayOnceAtATime) {
  ASSERT_TRUE(county_.Assign("a-1", "disp-0001", "r-1", kPast).ok());
  ASSERT_TRUE(Away("chef-1480", "b-1", kPast + 1000, kPast + 2000).ok());
  for (const auto& [from, until] : std::vector<std::pair<int, int>>{{1000, 2000}, {500, 1001}, {1999, 0}, {1, 0}}) {
    const absl::Status refused = Away("chef-1480", "b-2", kPast + from, until == 0 ? 0 : kPast + until).status();
    EXPECT_TRUE(absl::IsFailedPrecondition(refused)) << refused;
    ASSERT_EQ(rpc::ReasonOf(refused), "ABSENCE_OVERLAPS") << from;
    EXPECT_EQ(rpc::InfoOf(refused)->metadata.at("absence"), "b-1");
  }
  EXPECT_TRUE(Away("chef-1480", "b-0", kPast + 500, kPast + 1000).ok()) << "until then, and from then on";
  EXPECT_TRUE(Away("chef-1480", "b-2", kPast + 2000, 0).ok());
  EXPECT_TRUE(Away("chef-1480", "b-1", kPast + 1000, kPast + 2000).ok()) << "a retry";
  EXPECT_EQ(Reason(Away("chef-1490", "b-3", kPast + 2000, 0)), "UNKNOWN_ASSIGNMENT") << "it is not theirs";
}

TEST_F(PastTest, AnAbsenceThatLastsLongerEndsWhereTheNextBegins) {
  ASSERT_TRUE(county_.Assign("a-1", "disp-0001", "r-1", kPast).ok());
  ASSERT_TRUE(Away("chef-1480", "b-1", kPast + 1000, kPast + 2000).ok());
  ASSERT_TRUE(Away("chef-1480", "b-2", kPast + 3000, kPast + 4000).ok());
  v1::EndAbsenceRequest end;
  end.set_absence("b-1");
  *end.mutable_end_at() = At(kPast + 3001);
  const auto refused = assignments_.EndAbsence(county_.As("chef-1480"), end);
  ASSERT_EQ(Reason(refused), "ABSENCE_OVERLAPS");
  EXPECT_EQ(rpc::InfoOf(refused.status())->metadata.at("absence"), "b-2");
  *end.mutable_end_at() = At(kPast + 3000);
  EXPECT_EQ(Reason(assignments_.EndAbsence(county_.As("chef-1480"), end)), "");
}

TEST_F(PastTest, OfManyWhoSayAtOnceThatTheResidentIsAwayOneWins) {
  ASSERT_TRUE(county_.Assign("a-1", "disp-0001", "r-1", kPast).ok());
  std::atomic<int> stored = 0;
  std::vector<std::jthread> callers;
  for (int i = 0; i < 8; ++i) {
    callers.emplace_back([&, i] {
      const std::string reason = Reason(Away("chef-1480", "b-" + std::to_string(i), kPast + 1000 + i, 0));
      stored += reason.empty();
      EXPECT_TRUE(reason.empty() || reason == "ABSENCE_OVERLAPS") << reason;
    });
  }
  callers.clear();
  EXPECT_EQ(stored, 1);
  EXPECT_EQ(county_.Ask("select count(*) from registry.absences"), "1");
}

TEST_F(PastTest, AnAbsenceIsOfAResidentWhoHasTheDevice) {
  ASSERT_TRUE(assignments_.AssignDevice(county_.As("admin"), SharedRequest()).ok());
  EXPECT_EQ(Reason(Away("admin", "b-1", kPast + 1000, 0)), "SHARED_DEVICE");
  v1::EndAssignmentRequest end;
  end.set_assignment("a-1");
  *end.mutable_end_at() = At(kPast + 500);
  ASSERT_TRUE(assignments_.EndAssignment(county_.As("admin"), end).ok());
  v1::PutAbsenceRequest request;
  request.set_assignment("a-9");
  request.mutable_absence()->set_kind(v1::ABSENCE_KIND_LEAVE);
  EXPECT_EQ(Reason(assignments_.PutAbsence(county_.As("admin"), request)), "UNKNOWN_ASSIGNMENT");
}

TEST_F(PastTest, WhatWasBelievedCanBeAsked) {
  ASSERT_TRUE(county_.Assign("a-1", "disp-0001", "r-1", kPast).ok());
  const auto before = Read("chef-1480", "a-1");
  ASSERT_TRUE(before.ok()) << before.status();
  v1::CorrectAssignmentRequest request = Correction("resident");
  request.mutable_assignment()->set_resident("r-2");
  const auto corrected = Correct("chef-1480", request);
  ASSERT_TRUE(corrected.ok()) << corrected.status();
  EXPECT_EQ(Read("chef-1480", "a-1")->assignment().resident(), "r-2");
  EXPECT_EQ(Read("chef-1480", "a-1", before->revision())->assignment().resident(), "r-1");
  EXPECT_EQ(Read("chef-1480", "a-1", before->revision())->revision(), before->revision());
  EXPECT_EQ(Reason(Read("chef-1480", "a-1", before->revision() - 1)), "UNKNOWN_ASSIGNMENT") << "not known yet";
  EXPECT_EQ(Reason(Read("chef-1490", "a-1")), "UNKNOWN_ASSIGNMENT");
}

TEST_F(PastTest, WhetherSomebodyWasBelievedToBeAwayCanBeAsked) {
  ASSERT_TRUE(county_.Assign("a-1", "disp-0001", "r-1", kPast).ok());
  ASSERT_TRUE(Away("chef-1480", "b-1", kPast + 1000, 0).ok());
  const std::uint64_t away = Read("chef-1480", "a-1")->revision();
  v1::EndAbsenceRequest back;
  back.set_absence("b-1");
  *back.mutable_end_at() = At(kPast + 2000);
  ASSERT_TRUE(assignments_.EndAbsence(county_.As("chef-1480"), back).ok());
  EXPECT_TRUE(Read("chef-1480", "a-1")->assignment().absences(0).has_end_at());
  EXPECT_FALSE(Read("chef-1480", "a-1", away)->assignment().absences(0).has_end_at());
  EXPECT_EQ(Read("chef-1480", "a-1", away - 1)->assignment().absences_size(), 0);
}

TEST_F(PastTest, WhenNobodyAnsweredADeviceIsStillKnown) {
  ASSERT_TRUE(county_.Assign("a-1", "disp-0001", "r-1", kPast).ok());
  const auto who = [&](const std::string& caller, const std::string& device, std::int64_t at) {
    v1::GetResponsibilityRequest ask;
    ask.set_device(device);
    ask.set_purpose(v1::PURPOSE_CARE);
    *ask.mutable_at() = At(at);
    return assignments_.GetResponsibility(county_.As(caller), ask).status();
  };
  for (const std::string caller : {"admin", "watch", "chef-1480", "care"}) {
    EXPECT_TRUE(who(caller, "disp-0001", kPast).ok()) << caller;
    EXPECT_TRUE(absl::IsNotFound(who(caller, "disp-0001", kPast - 1))) << caller;
    EXPECT_EQ(rpc::ReasonOf(who(caller, "disp-0001", kPast - 1)), "NOBODY_ANSWERED") << caller;
  }
  EXPECT_EQ(rpc::ReasonOf(who("hmc", "bp-0001", kPast)), "NOBODY_ANSWERED") << "its owner";
  EXPECT_EQ(who("chef-1490", "disp-0001", kPast), NotThere("device", "disp-0001"));
  EXPECT_EQ(who("chef-1490", "disp-0001", kPast - 1), NotThere("device", "disp-0001"));
  EXPECT_EQ(who("watch", "disp-9999", kPast), NotThere("device", "disp-9999"));
  v1::GetAssignmentRequest ask;
  ask.set_device("disp-0001");
  *ask.mutable_at() = At(kPast - 1);
  EXPECT_EQ(Reason(assignments_.GetAssignment(county_.As("chef-1480"), ask)), "NOBODY_ANSWERED");
}

TEST_F(PastTest, WhetherAnotherAnsweredThenIsNotTold) {
  ASSERT_TRUE(county_.Assign("a-1", "disp-0001", "r-1", kPast).ok());
  v1::TransferResponsibilityRequest given;
  given.set_assignment("a-1");
  given.set_unit("care-1490-1");
  *given.mutable_since() = At(kPast + 1000);
  for (const v1::Purpose purpose : {v1::PURPOSE_CARE, v1::PURPOSE_ALARM}) {
    given.set_purpose(purpose);
    ASSERT_TRUE(assignments_.TransferResponsibility(county_.As("admin"), given).ok());
  }
  v1::GetResponsibilityRequest ask;
  ask.set_device("disp-0001");
  ask.set_purpose(v1::PURPOSE_CARE);
  *ask.mutable_at() = At(kPast + 500);
  const absl::Status others = assignments_.GetResponsibility(county_.As("chef-1490"), ask).status();
  *ask.mutable_at() = At(kPast - 500);
  const absl::Status nobodys = assignments_.GetResponsibility(county_.As("chef-1490"), ask).status();
  EXPECT_EQ(rpc::ReasonOf(others), "NOBODY_ANSWERED");
  EXPECT_EQ(others, nobodys);
}

TEST_F(PastTest, WhatWasBelievedAtAnInstantCanBeAsked) {
  ASSERT_TRUE(county_.Assign("a-1", "disp-0001", "r-1", kPast).ok());
  const std::string between = county_.Ask("select extract(epoch from clock_timestamp())");
  v1::CorrectAssignmentRequest request = Correction("resident");
  request.mutable_assignment()->set_resident("r-2");
  ASSERT_TRUE(Correct("chef-1480", request).ok());
  v1::GetResponsibilityRequest ask;
  ask.set_device("disp-0001");
  ask.set_purpose(v1::PURPOSE_CARE);
  *ask.mutable_at() = At(kPast + 1);
  *ask.mutable_belief()->mutable_at() = ToProto(absl::FromUnixSeconds(0) + absl::Seconds(std::stod(between)));
  const auto then = assignments_.GetResponsibility(county_.As("chef-1480"), ask);
  ASSERT_TRUE(then.ok()) << then.status();
  EXPECT_EQ(then->resident(), "r-1");
  EXPECT_EQ(then->responsibility().unit(), "care-1480-1");
  ask.clear_belief();
  EXPECT_EQ(assignments_.GetResponsibility(county_.As("chef-1480"), ask)->resident(), "r-2");
  ask.set_purpose(v1::PURPOSE_COST);
  EXPECT_EQ(Reason(assignments_.GetResponsibility(county_.As("chef-1480"), ask)), "INVALID_FIELD");
}

TEST_F(PastTest, ACorrectionOfTheResidentWithdrawsAndReissues) {
  ASSERT_TRUE(county_.Assign("a-1", "disp-0001", "r-1", kPast).ok());
  v1::CorrectAssignmentRequest request = Correction("resident");
  request.mutable_assignment()->set_resident("r-2");
  const auto corrected = Correct("chef-1480", request);
  ASSERT_TRUE(corrected.ok()) << corrected.status();
  ASSERT_EQ(corrected->corrections_size(), 2) << "for CARE and for ALARM";
  const v1::Correction& care = corrected->corrections(0);
  EXPECT_EQ(care.from_resident(), "r-1");
  EXPECT_EQ(care.to_resident(), "r-2");
  EXPECT_EQ(care.from_unit(), "care-1480-1");
  EXPECT_EQ(care.start_at().seconds(), kPast);
  EXPECT_EQ(care.revision(), corrected->revision());
  const v1::Route route = Route("disp-0001");
  ASSERT_EQ(route.corrections_size(), 2);
  EXPECT_EQ(route.corrections(0).SerializeAsString(), care.SerializeAsString());
}

TEST_F(PastTest, ALaterStartTakesBackWhatCameBefore) {
  ASSERT_TRUE(county_.Assign("a-1", "disp-0001", "r-1", kPast).ok());
  v1::CorrectAssignmentRequest request = Correction("start_at");
  *request.mutable_assignment()->mutable_start_at() = At(kPast + 1000);
  const auto corrected = Correct("chef-1480", request);
  ASSERT_TRUE(corrected.ok()) << corrected.status();
  ASSERT_EQ(corrected->corrections_size(), 2);
  EXPECT_EQ(corrected->corrections(0).to_unit(), "");
  EXPECT_EQ(corrected->corrections(0).end_at().seconds(), kPast + 1000);
  EXPECT_EQ(corrected->assignment().responsibilities(0).since().seconds(), kPast + 1000);
}

TEST_F(PastTest, ACorrectionNamesWhatItSaw) {
  ASSERT_TRUE(county_.Assign("a-1", "disp-0001", "r-1", kPast).ok());
  v1::CorrectAssignmentRequest request = Correction("resident");
  request.mutable_assignment()->set_resident("r-2");
  request.set_revision(request.revision() - 1);
  EXPECT_EQ(Reason(Correct("chef-1480", request)), "STALE_VERSION");
  request.set_revision(request.revision() + 1);
  ASSERT_TRUE(Correct("chef-1480", request).ok());
  EXPECT_TRUE(Correct("chef-1480", request).ok()) << "the same again";
}

TEST_F(PastTest, ACorrectionStaysInItsOwnTimeAndPlace) {
  ASSERT_TRUE(county_.Assign("a-1", "bp-0001", "r-1", kPast).ok());
  ASSERT_TRUE(county_.Assign("a-2", "bp-0001", "r-2", kPast + 1000, true).ok());
  v1::CorrectAssignmentRequest request = Correction("end_at");
  EXPECT_EQ(Reason(Correct("chef-1480", request)), "DEVICE_ASSIGNED") << "the next one has begun";
  *request.mutable_assignment()->mutable_end_at() = At(kPast);
  EXPECT_EQ(Reason(Correct("chef-1480", request)), "INVALID_FIELD");
  EXPECT_EQ(Reason(Correct("chef-1490", request)), "UNKNOWN_ASSIGNMENT");
  request = Correction("resident");
  request.mutable_assignment()->set_resident("r-9");
  EXPECT_EQ(Reason(Correct("chef-1480", request)), "UNKNOWN_RESIDENT");
  request = Correction("device");
  EXPECT_EQ(Reason(Correct("chef-1480", request)), "INVALID_FIELD");
  EXPECT_EQ(Read("admin", "a-1")->assignment().end_at().seconds(), kPast + 1000) << "nothing half written";
}

TEST_F(PastTest, ATransferOfThePastIsACorrectionToo) {
  ASSERT_TRUE(county_.Assign("a-1", "disp-0001", "r-1", kPast).ok());
  v1::TransferResponsibilityRequest request;
  request.set_assignment("a-1");
  request.set_purpose(v1::PURPOSE_CARE);
  request.set_unit("care-1480-2");
  *request.mutable_since() = At(kPast + 1000);
  ASSERT_TRUE(assignments_.TransferResponsibility(county_.As("chef-1480"), request).ok());
  const v1::Route route = Route("disp-0001");
  ASSERT_EQ(route.corrections_size(), 1);
  EXPECT_EQ(route.corrections(0).to_unit(), "care-1480-2");
}

}  // namespace
}  // namespace nara::registry
