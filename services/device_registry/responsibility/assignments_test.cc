// Responsibility is time and cannot have a gap: assignments and change points on a
// real PostgreSQL.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "common/routes/timeline.h"
#include "common/rpc/error.h"
#include "device_registry/testing/county.h"

namespace nara::registry {
namespace {

using testing::At;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class AssignmentsTest : public ::testing::Test {
 protected:
  AssignmentsTest() { county_.Fill(); }

  absl::StatusOr<v1::Assignment> End(const std::string& who, const std::string& assignment, std::int64_t at) {
    v1::EndAssignmentRequest request;
    request.set_assignment(assignment);
    if (at != 0) *request.mutable_end_at() = At(at);
    const auto response = assignments_.EndAssignment(county_.As(who), request);
    if (!response.ok()) return response.status();
    return response->assignment();
  }

  absl::StatusOr<v1::Assignment> Transfer(const std::string& who, const std::string& assignment, v1::Purpose purpose,
                                          const std::string& unit, std::int64_t since) {
    v1::TransferResponsibilityRequest request;
    request.set_assignment(assignment);
    request.set_purpose(purpose);
    request.set_unit(unit);
    if (since != 0) *request.mutable_since() = At(since);
    const auto response = assignments_.TransferResponsibility(county_.As(who), request);
    if (!response.ok()) return response.status();
    return response->assignment();
  }

  absl::StatusOr<v1::AssignDeviceResponse> AssignAs(const std::string& who, const std::string& device,
                                                    const std::string& resident, const std::string& unit,
                                                    bool end_running, std::int64_t start = 0) {
    v1::AssignDeviceRequest request;
    request.set_device(device);
    request.set_resident(resident);
    request.set_regime(v1::REGIME_HSL);
    request.set_care_unit(unit);
    request.set_alarm_unit(unit);
    request.set_end_running(end_running);
    if (start != 0) *request.mutable_start_at() = At(start);
    return assignments_.AssignDevice(county_.As(who), request);
  }

  absl::StatusOr<v1::AssignDeviceResponse> AssignFor1490(const std::string& device, bool end_running,
                                                         std::int64_t start = 0) {
    return AssignAs("chef-1490", device, "r-9", "care-1490-1", end_running, start);
  }

  template <typename T>
  static std::string Reason(const absl::StatusOr<T>& result) {
    return result.ok() ? "" : rpc::ReasonOf(result.status());
  }

  // The route as the watches show it.
  v1::Route Route(const std::string& device) {
    EXPECT_TRUE(county_.CatchUp());
    return *county_.feeds().routes.table().Find(device);
  }

  std::string CareUnitAt(const std::string& device, std::int64_t seconds) {
    const v1::Route route = Route(device);
    const v1::Responsibility* point = ResponsibleAt(route, v1::PURPOSE_CARE, At(seconds));
    return point == nullptr ? "nobody" : point->unit();
  }

  testing::County county_;
  Assignments& assignments_ = county_.assignments();
};

TEST_F(AssignmentsTest, AnAssignmentHasBothResponsibilitiesFromItsStart) {
  const auto assignment = county_.Assign("a-1", "disp-0001", "r-1", 1000);
  ASSERT_TRUE(assignment.ok()) << assignment.status();
  ASSERT_EQ(assignment->responsibilities_size(), 2);
  EXPECT_EQ(assignment->responsibilities(0).unit(), "care-1480-1");
  EXPECT_EQ(assignment->responsibilities(0).provider(), "provider of 1480");
  EXPECT_EQ(assignment->responsibilities(1).unit(), "alarm-1480");
  EXPECT_EQ(assignment->responsibilities(1).since().seconds(), 1000);
  EXPECT_EQ(CareUnitAt("disp-0001", 999), "nobody");
  EXPECT_EQ(CareUnitAt("disp-0001", 1000), "care-1480-1");
}

TEST_F(AssignmentsTest, ARetryIsNoSecondAssignment) {
  const auto first = county_.Assign("a-1", "disp-0001", "r-1");
  ASSERT_TRUE(first.ok());
  const auto second = county_.Assign("a-1", "disp-0001", "r-1");
  ASSERT_TRUE(second.ok());
  EXPECT_EQ(first->SerializeAsString(), second->SerializeAsString());
  EXPECT_EQ(Reason(county_.Assign("a-1", "disp-0001", "r-2")), "ASSIGNMENT_DIFFERS");
  EXPECT_EQ(county_.Ask("select count(*) from registry.assignments"), "1");
}

TEST_F(AssignmentsTest, ADeviceIsOnePersonsAtATime) {
  ASSERT_TRUE(county_.Assign("a-1", "disp-0001", "r-1", 1000).ok());
  EXPECT_EQ(Reason(county_.Assign("a-2", "disp-0001", "r-2", 2000)), "DEVICE_ASSIGNED");
  EXPECT_EQ(Reason(county_.Assign("a-2", "disp-0001", "r-2", 500)), "DEVICE_ASSIGNED");
  ASSERT_TRUE(End("admin", "a-1", 2000).ok());
  EXPECT_TRUE(county_.Assign("a-2", "disp-0001", "r-2", 2000).ok()) << "one ends where the other begins";
}

TEST_F(AssignmentsTest, EndRunningHandsOverAtTheSameInstant) {
  ASSERT_TRUE(county_.Assign("a-1", "disp-0001", "r-1", 1000).ok());
  ASSERT_TRUE(county_.Assign("a-2", "disp-0001", "r-2", 0, true).ok());
  const v1::Route route = Route("disp-0001");
  ASSERT_EQ(route.assignments_size(), 2);
  EXPECT_EQ(route.assignments(0).id(), "a-1");
  EXPECT_EQ(route.assignments(0).end_at().SerializeAsString(), route.assignments(1).start_at().SerializeAsString());
}

TEST_F(AssignmentsTest, OfTwoAtOnceOneWins) {
  for (int round = 0; round < 10; ++round) {
    const std::string device = "race-" + std::to_string(round);
    v1::Device entry;
    entry.set_id(device);
    entry.set_product("scale");
    entry.set_owner("14");
    entry.set_fallback_unit("alarm-1480");
    ASSERT_TRUE(county_.store().RegisterDevices({.id = "test"}, {entry}).ok());
    std::vector<std::string> reasons(4);
    {
      std::vector<std::jthread> callers;
      for (std::size_t i = 0; i < reasons.size(); ++i) {
        callers.emplace_back([&, i] {
          reasons[i] = Reason(county_.Assign(device + "-" + std::to_string(i), device, i % 2 == 0 ? "r-1" : "r-2"));
        });
      }
    }
    EXPECT_EQ(std::count(reasons.begin(), reasons.end(), ""), 1);
    EXPECT_EQ(std::count(reasons.begin(), reasons.end(), "DEVICE_ASSIGNED"), 3);
  }
}

TEST_F(AssignmentsTest, ATransferIsAChangePoint) {
  ASSERT_TRUE(county_.Assign("a-1", "disp-0001", "r-1", 1000).ok());
  const auto moved = Transfer("chef-1480", "a-1", v1::PURPOSE_CARE, "care-1480-2", 2000);
  ASSERT_TRUE(moved.ok()) << moved.status();
  EXPECT_EQ(moved->responsibilities_size(), 3);
  EXPECT_EQ(CareUnitAt("disp-0001", 1999), "care-1480-1");
  EXPECT_EQ(CareUnitAt("disp-0001", 2000), "care-1480-2");
  EXPECT_TRUE(Transfer("chef-1480", "a-1", v1::PURPOSE_CARE, "care-1480-2", 2000).ok()) << "the same again";
  EXPECT_EQ(Reason(Transfer("chef-1480", "a-1", v1::PURPOSE_CARE, "care-1480-1", 2000)), "TRANSFER_OUTSIDE");
}

TEST_F(AssignmentsTest, ATransferStaysInsideItsAssignment) {
  ASSERT_TRUE(county_.Assign("a-1", "disp-0001", "r-1", 1000).ok());
  ASSERT_TRUE(End("admin", "a-1", 3000).ok());
  EXPECT_EQ(Reason(Transfer("admin", "a-1", v1::PURPOSE_CARE, "care-1480-2", 1000)), "TRANSFER_OUTSIDE");
  EXPECT_EQ(Reason(Transfer("admin", "a-1", v1::PURPOSE_CARE, "care-1480-2", 999)), "TRANSFER_OUTSIDE");
  EXPECT_EQ(Reason(Transfer("admin", "a-1", v1::PURPOSE_CARE, "care-1480-2", 3000)), "TRANSFER_OUTSIDE");
  EXPECT_EQ(Reason(Transfer("admin", "a-9", v1::PURPOSE_CARE, "care-1480-2", 2000)), "UNKNOWN_ASSIGNMENT");
  EXPECT_EQ(Reason(Transfer("admin", "a-1", v1::PURPOSE_CARE, "no-such-unit", 2000)), "UNKNOWN_UNIT");
  EXPECT_EQ(Reason(Transfer("admin", "a-1", v1::PURPOSE_UNSPECIFIED, "care-1480-2", 2000)), "INVALID_FIELD");
}

TEST_F(AssignmentsTest, AnEndDropsWhatWasPlannedForLaterAndRemembersIt) {
  ASSERT_TRUE(county_.Assign("a-1", "disp-0001", "r-1", 1000).ok());
  ASSERT_TRUE(Transfer("admin", "a-1", v1::PURPOSE_CARE, "care-1480-2", 5000).ok());
  const auto ended = End("admin", "a-1", 4000);
  ASSERT_TRUE(ended.ok()) << ended.status();
  EXPECT_EQ(ended->responsibilities_size(), 2);
  EXPECT_EQ(county_.Ask("select unit from registry.responsibilities_history"), "care-1480-2");
  EXPECT_TRUE(End("admin", "a-1", 4000).ok()) << "the same again";
  EXPECT_EQ(Reason(End("admin", "a-1", 4500)), "ASSIGNMENT_ENDED");
}

TEST_F(AssignmentsTest, AnEndLiesAfterTheStart) {
  ASSERT_TRUE(county_.Assign("a-1", "disp-0001", "r-1", 1000).ok());
  EXPECT_EQ(Reason(End("admin", "a-1", 1000)), "ASSIGNMENT_ENDED");
  EXPECT_EQ(Reason(End("admin", "a-1", -99'999'999'999)), "INVALID_FIELD");
  EXPECT_EQ(Reason(End("chef-1490", "a-1", 2000)), "UNKNOWN_ASSIGNMENT");
}

TEST_F(AssignmentsTest, AnotherPrincipalsUnitAndResidentAreNotThere) {
  v1::AssignDeviceRequest request;
  request.set_device("bp-0001");
  request.set_resident("r-1");
  request.set_regime(v1::REGIME_HSL);
  request.set_care_unit("care-1480-1");
  request.set_alarm_unit("care-1490-1");
  EXPECT_EQ(Reason(assignments_.AssignDevice(county_.As("chef-1480"), request)), "UNKNOWN_UNIT");
  request.set_alarm_unit("alarm-1480");
  request.set_resident("r-9");
  EXPECT_EQ(Reason(assignments_.AssignDevice(county_.As("chef-1480"), request)), "UNKNOWN_RESIDENT");
  request.set_resident("r-1");
  request.set_device("no-such-device");
  EXPECT_EQ(Reason(assignments_.AssignDevice(county_.As("chef-1480"), request)), "UNKNOWN_DEVICE");
  request.set_device("bp-0001");
  const auto made = assignments_.AssignDevice(county_.As("chef-1480"), request);
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_FALSE(made->assignment().id().empty());
}

TEST_F(AssignmentsTest, AnotherPrincipalsRunningDeviceIsAsIfItWereNotThere) {
  ASSERT_TRUE(county_.Assign("a-1", "bp-0001", "r-1", 1000).ok());
  const auto unknown = AssignFor1490("no-device", false);
  ASSERT_EQ(Reason(unknown), "UNKNOWN_DEVICE");
  for (const bool end_running : {false, true}) {
    for (const std::int64_t start : {0, 500, 2000}) {
      const auto taken = AssignFor1490("bp-0001", end_running, start);
      EXPECT_EQ(Reason(taken), "UNKNOWN_DEVICE");
      EXPECT_EQ(taken.status(), NotThere("device", "bp-0001"));
      EXPECT_EQ(taken.status().message(), unknown.status().message());
    }
  }
  EXPECT_EQ(county_.Ask("select count(*) from registry.assignments where upper_inf(period)"), "1");
  EXPECT_EQ(CareUnitAt("bp-0001", 1'700'000'000), "care-1480-1");
}

TEST_F(AssignmentsTest, AnotherPrincipalsPastIsNotTakenEither) {
  ASSERT_TRUE(county_.Assign("a-1", "bp-0001", "r-1", 1000).ok());
  ASSERT_TRUE(End("chef-1480", "a-1", 3000).ok());
  EXPECT_EQ(Reason(AssignFor1490("bp-0001", true, 2000)), "UNKNOWN_DEVICE");
  EXPECT_TRUE(AssignFor1490("bp-0001", false, 3000).ok()) << "free again, and the region's";
}

TEST_F(AssignmentsTest, WhoMayEndItMayTakeItOver) {
  ASSERT_TRUE(county_.Assign("a-1", "bp-0001", "r-1", 1000).ok());
  EXPECT_TRUE(AssignAs("chef-1480", "bp-0001", "r-2", "care-1480-2", true, 2000).ok());
  EXPECT_TRUE(county_.Assign("a-3", "bp-0001", "r-1", 3000, true).ok());
}

TEST_F(AssignmentsTest, AFreeDeviceIsItsOwnersAndARegionsMunicipalities) {
  EXPECT_EQ(AssignFor1490("disp-0001", false).status(), NotThere("device", "disp-0001"));
  EXPECT_TRUE(AssignAs("chef-1480", "disp-0001", "r-1", "care-1480-1", false).ok()) << "its owner";
  EXPECT_TRUE(AssignFor1490("bp-0001", false).ok()) << "the region's";
  EXPECT_EQ(Reason(AssignAs("hmc", "bp-0001", "r-1", "care-1480-1", false)), "FORBIDDEN");
}

TEST_F(AssignmentsTest, ABackdatedTransferDoesNotReachIntoAnothersTime) {
  ASSERT_TRUE(county_.Assign("a-1", "bp-0001", "r-1", 1000).ok());
  ASSERT_TRUE(Transfer("admin", "a-1", v1::PURPOSE_CARE, "care-1490-1", 5000).ok());
  EXPECT_EQ(Transfer("chef-1490", "a-1", v1::PURPOSE_CARE, "care-1490-1", 2000).status(),
            NotThere("assignment", "a-1"));
  EXPECT_EQ(Reason(Transfer("chef-1480", "a-1", v1::PURPOSE_CARE, "care-1480-2", 6000)), "UNKNOWN_ASSIGNMENT");
  EXPECT_EQ(Reason(Transfer("chef-1480", "a-1", v1::PURPOSE_CARE, "care-1480-2", 0)), "UNKNOWN_ASSIGNMENT");
  EXPECT_TRUE(Transfer("chef-1490", "a-1", v1::PURPOSE_CARE, "care-1490-1", 6000).ok());
  EXPECT_TRUE(Transfer("chef-1480", "a-1", v1::PURPOSE_CARE, "care-1480-2", 2000).ok()) << "its own time";
  EXPECT_EQ(CareUnitAt("bp-0001", 5500), "care-1490-1");
}

TEST_F(AssignmentsTest, WhoAnswersForAlarmsAloneTakesNoCareAndEndsNothing) {
  ASSERT_TRUE(county_.Assign("a-1", "bp-0001", "r-1", 1000).ok());
  ASSERT_TRUE(Transfer("admin", "a-1", v1::PURPOSE_ALARM, "care-1490-1", 2000).ok());
  EXPECT_EQ(Reason(Transfer("chef-1490", "a-1", v1::PURPOSE_CARE, "care-1490-1", 3000)), "UNKNOWN_ASSIGNMENT");
  EXPECT_EQ(End("chef-1490", "a-1", 0).status(), NotThere("assignment", "a-1"));
  EXPECT_EQ(Reason(AssignFor1490("bp-0001", true)), "UNKNOWN_DEVICE");
  EXPECT_EQ(Reason(Transfer("chef-1480", "a-1", v1::PURPOSE_ALARM, "alarm-1480", 3000)), "UNKNOWN_ASSIGNMENT");
  EXPECT_TRUE(Transfer("chef-1490", "a-1", v1::PURPOSE_ALARM, "care-1490-1", 3000).ok());
  EXPECT_TRUE(Transfer("chef-1480", "a-1", v1::PURPOSE_CARE, "care-1480-2", 3000).ok());
  EXPECT_TRUE(End("chef-1480", "a-1", 4000).ok());
}

TEST_F(AssignmentsTest, AnEndDoesNotReachBackIntoAnothersTime) {
  ASSERT_TRUE(county_.Assign("a-1", "bp-0001", "r-1", 1000).ok());
  ASSERT_TRUE(Transfer("admin", "a-1", v1::PURPOSE_CARE, "care-1490-1", 5000).ok());
  EXPECT_EQ(Reason(End("chef-1480", "a-1", 4000)), "UNKNOWN_ASSIGNMENT") << "does not answer any more";
  EXPECT_EQ(Reason(End("chef-1490", "a-1", 4000)), "UNKNOWN_ASSIGNMENT") << "did not answer yet";
  EXPECT_TRUE(End("chef-1490", "a-1", 6000).ok());
}

TEST_F(AssignmentsTest, TheSchemaItselfRefusesAGap) {
  ASSERT_TRUE(county_.Assign("a-1", "disp-0001", "r-1", 1000).ok());
  EXPECT_THAT(county_.Try("delete from registry.responsibilities where purpose = 1"),
              HasSubstr("assignments_care_from_start"));
  EXPECT_THAT(county_.Try("update registry.responsibilities set since = since + interval '1 day' where purpose = 2"),
              HasSubstr("assignments_alarm_from_start"));
  EXPECT_THAT(county_.Try("update registry.assignments set period = tstzrange(lower(period) - interval '1 day', null)"),
              HasSubstr("from_start"));
  EXPECT_THAT(
      county_.Try("insert into registry.assignments (id, device, device_number, resident, period, regime, ground, "
                  "revision) select 'a-2', id, number, 'r-2', tstzrange('1960-01-01Z', '1961-01-01Z'), 1, 1, 0 "
                  "from registry.devices where id = 'disp-0001'"),
      HasSubstr("from_start"));
}

TEST_F(AssignmentsTest, EachChangeIsInTheAudit) {
  ASSERT_TRUE(county_.Assign("a-1", "disp-0001", "r-1", 1000).ok());
  ASSERT_TRUE(Transfer("chef-1480", "a-1", v1::PURPOSE_ALARM, "care-1480-2", 2000).ok());
  ASSERT_TRUE(End("chef-1480", "a-1", 3000).ok());
  EXPECT_EQ(county_.Ask("select string_agg(actor || ' ' || action, ', ' order by revision) from registry.changes "
                        "where object = 'assignment' and id = 'a-1'"),
            "nara-admin assign, chef-1480 transfer, chef-1480 end");
}

TEST_F(AssignmentsTest, RevisionsAreInCommitOrderWithoutAHole) {
  {
    std::vector<std::jthread> writers;
    for (int i = 0; i < 4; ++i) {
      writers.emplace_back([&, i] {
        for (int n = 0; n < 20; ++n) {
          (void)county_.store().CreateResident({.id = "test"}, "w-" + std::to_string(i) + "-" + std::to_string(n),
                                               "1480");
        }
      });
    }
  }
  EXPECT_EQ(county_.Ask("select count(distinct revision) = max(revision) from registry.changes"), "t");
}

}  // namespace
}  // namespace nara::registry
