// Staff and their assignments.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "common/rpc/error.h"
#include "device_registry/organisation/organisation.h"
#include "device_registry/testing/county.h"

namespace nara::registry {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class StaffTest : public ::testing::Test {
 protected:
  StaffTest() { county_.Fill(); }

  template <typename T>
  static std::string Reason(const absl::StatusOr<T>& result) {
    return rpc::ReasonOf(result.status());
  }

  absl::StatusOr<v1::Staff> Enter(const std::string& who, const std::string& id, const std::string& name,
                                  const std::string& hsa_id = "", std::uint64_t revision = 0) {
    v1::PutStaffRequest request;
    v1::Staff& staff = *request.mutable_staff();
    staff.set_id(id);
    staff.set_principal(who == "chef-1490" ? "1490" : "1480");
    staff.set_name(name);
    staff.set_hsa_id(hsa_id);
    staff.set_revision(revision);
    const auto response = county_.organisation().PutStaff(county_.As(who), request);
    if (!response.ok()) return response.status();
    return response->staff();
  }

  absl::StatusOr<v1::StaffAssignment> Give(const std::string& who, const std::string& id, const std::string& staff,
                                           const std::string& unit, const std::vector<v1::StaffRole>& roles,
                                           std::int64_t start, std::int64_t end = 0, std::uint64_t revision = 0) {
    v1::PutStaffAssignmentRequest request;
    v1::StaffAssignment& assignment = *request.mutable_staff_assignment();
    assignment.set_id(id);
    assignment.set_staff(staff);
    assignment.set_unit(unit);
    for (const v1::StaffRole role : roles) assignment.add_roles(role);
    *assignment.mutable_start_at() = testing::At(start);
    if (end != 0) *assignment.mutable_end_at() = testing::At(end);
    assignment.set_revision(revision);
    const auto response = county_.organisation().PutStaffAssignment(county_.As(who), request);
    if (!response.ok()) return response.status();
    return response->staff_assignment();
  }

  // The persons who have a role for a principal at an instant.
  std::vector<std::string> Who(const std::string& caller, const std::string& principal, v1::StaffRole role,
                               std::int64_t at) {
    v1::ListStaffAssignmentsRequest request;
    request.set_principal(principal);
    request.set_role(role);
    *request.mutable_at() = testing::At(at);
    const auto response = county_.organisation().ListStaffAssignments(county_.As(caller), request);
    std::vector<std::string> staff;
    for (const v1::StaffAssignment& one : response.value().staff_assignments()) staff.push_back(one.staff());
    return staff;
  }

  testing::County county_;
};

TEST_F(StaffTest, WhoHasARoleIsKnownForEachInstant) {
  ASSERT_TRUE(Enter("chef-1480", "s-1", "Kerstin MAS").ok());
  ASSERT_TRUE(Enter("chef-1480", "s-2", "Lars MAS").ok());
  const auto first = Give("chef-1480", "a-1", "s-1", "care-1480-1", {v1::STAFF_ROLE_NURSE, v1::STAFF_ROLE_MAS}, 1000);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_THAT(first->roles(), ElementsAre(v1::STAFF_ROLE_MAS, v1::STAFF_ROLE_NURSE));
  ASSERT_TRUE(Give("chef-1480", "a-1", "s-1", "care-1480-1", {v1::STAFF_ROLE_MAS}, 1000, 2000, first->revision()).ok());
  ASSERT_TRUE(Give("chef-1480", "a-2", "s-2", "care-1480-2", {v1::STAFF_ROLE_MAS}, 2000).ok());
  EXPECT_THAT(Who("admin", "1480", v1::STAFF_ROLE_MAS, 999), IsEmpty());
  EXPECT_THAT(Who("admin", "1480", v1::STAFF_ROLE_MAS, 1999), ElementsAre("s-1"));
  EXPECT_THAT(Who("admin", "1480", v1::STAFF_ROLE_MAS, 2000), ElementsAre("s-2"));
  EXPECT_THAT(Who("admin", "1480", v1::STAFF_ROLE_NURSE, 1500), IsEmpty()) << "it was taken away again";
  EXPECT_THAT(Who("care", "1480", v1::STAFF_ROLE_MAS, 2000), ElementsAre("s-2"));
  EXPECT_THAT(Who("chef-1490", "1480", v1::STAFF_ROLE_MAS, 2000), IsEmpty());
  EXPECT_EQ(county_.Ask("select array_length(roles, 1) from registry.staff_assignments_history where id = 'a-1'"), "2");
}

TEST_F(StaffTest, ARoleIsGivenByWhoArrangesTheUnit) {
  ASSERT_TRUE(Enter("chef-1480", "s-1", "Kerstin").ok());
  ASSERT_TRUE(Enter("chef-1490", "s-9", "Nils").ok());
  EXPECT_EQ(Reason(Give("chef-1480", "a-1", "s-1", "care-1490-1", {v1::STAFF_ROLE_MAS}, 1000)), "UNKNOWN_UNIT");
  EXPECT_EQ(Reason(Give("chef-1480", "a-1", "s-1", "no-such-unit", {v1::STAFF_ROLE_MAS}, 1000)), "UNKNOWN_UNIT");
  EXPECT_EQ(Reason(Give("chef-1480", "a-1", "s-9", "care-1480-1", {v1::STAFF_ROLE_MAS}, 1000)), "UNKNOWN_STAFF");
  EXPECT_EQ(Reason(Give("care", "a-1", "s-1", "care-1480-1", {v1::STAFF_ROLE_MAS}, 1000)), "FORBIDDEN");
  EXPECT_EQ(Reason(Give("chef-1480", "a-1", "s-1", "care-1480-1", {}, 1000)), "INVALID_FIELD");
  EXPECT_EQ(Reason(Give("chef-1480", "a-1", "s-1", "care-1480-1", {v1::STAFF_ROLE_MAS, v1::STAFF_ROLE_MAS}, 1000)),
            "INVALID_FIELD");
  ASSERT_TRUE(Give("chef-1480", "a-1", "s-1", "care-1480-1", {v1::STAFF_ROLE_MAS}, 1000).ok());
  EXPECT_EQ(Reason(Give("chef-1490", "a-1", "s-9", "care-1490-1", {v1::STAFF_ROLE_MAS}, 1000)),
            "STAFF_ASSIGNMENT_DIFFERS");
}

TEST_F(StaffTest, TheSameRoleAgainIsTheOneThatIsThere) {
  ASSERT_TRUE(Enter("chef-1480", "s-1", "Kerstin").ok());
  const auto first = Give("chef-1480", "", "s-1", "care-1480-1", {v1::STAFF_ROLE_MAS, v1::STAFF_ROLE_NURSE}, 1000);
  ASSERT_TRUE(first.ok()) << first.status();
  const auto again = Give("chef-1480", "", "s-1", "care-1480-1", {v1::STAFF_ROLE_NURSE, v1::STAFF_ROLE_MAS}, 1000);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->SerializeAsString(), first->SerializeAsString());
  EXPECT_EQ(county_.Ask("select count(*) from registry.staff_assignments"), "1");
}

TEST_F(StaffTest, ARoleInAUnitIsHadOnceAtATime) {
  ASSERT_TRUE(Enter("chef-1480", "s-1", "Kerstin").ok());
  ASSERT_TRUE(Enter("chef-1480", "s-2", "Lars").ok());
  ASSERT_TRUE(Give("chef-1480", "a-1", "s-1", "care-1480-1", {v1::STAFF_ROLE_MAS}, 1000, 2000).ok());
  for (const std::int64_t start : {500, 1000, 1999}) {
    const absl::Status refused =
        Give("chef-1480", "a-2", "s-1", "care-1480-1", {v1::STAFF_ROLE_MAS, v1::STAFF_ROLE_NURSE}, start).status();
    EXPECT_TRUE(absl::IsFailedPrecondition(refused)) << refused;
    ASSERT_EQ(rpc::ReasonOf(refused), "STAFF_ASSIGNMENT_OVERLAPS") << start;
    EXPECT_EQ(rpc::InfoOf(refused)->metadata.at("staff_assignment"), "a-1");
  }
  EXPECT_EQ(Reason(Give("chef-1480", "a-2", "s-1", "care-1480-1", {v1::STAFF_ROLE_MAS}, 1000, 2000)),
            "STAFF_ASSIGNMENT_OVERLAPS")
      << "the same under an id of its own would be there twice";
  EXPECT_EQ(Reason(Give("chef-1480", "a-3", "s-1", "care-1480-1", {v1::STAFF_ROLE_NURSE}, 1000)), "") << "another role";
  EXPECT_EQ(Reason(Give("chef-1480", "a-4", "s-1", "care-1480-2", {v1::STAFF_ROLE_MAS}, 1000)), "") << "another unit";
  EXPECT_EQ(Reason(Give("chef-1480", "a-5", "s-2", "care-1480-1", {v1::STAFF_ROLE_MAS}, 1000)), "") << "somebody else";
  EXPECT_EQ(Reason(Give("chef-1480", "a-6", "s-1", "care-1480-1", {v1::STAFF_ROLE_MAS}, 2000)), "") << "from then on";
}

TEST_F(StaffTest, WhatWasGivenTwiceBeforeCanBeEnded) {
  ASSERT_TRUE(Enter("chef-1480", "s-1", "Kerstin").ok());
  const auto first = Give("chef-1480", "a-1", "s-1", "care-1480-1", {v1::STAFF_ROLE_MAS}, 1000);
  ASSERT_TRUE(first.ok());
  ASSERT_EQ(county_.Try("insert into registry.staff_assignments select 'a-2', staff, unit, roles, period, revision "
                        "from registry.staff_assignments"),
            "");
  const std::uint64_t revision = first->revision();
  EXPECT_EQ(Reason(Give("chef-1480", "a-2", "s-1", "care-1480-1", {v1::STAFF_ROLE_MAS}, 1000, 2000, revision)), "");
  EXPECT_EQ(Reason(Give("chef-1480", "a-1", "s-1", "care-1480-1", {v1::STAFF_ROLE_MAS}, 900, 0, revision)),
            "STAFF_ASSIGNMENT_OVERLAPS");
}

TEST_F(StaffTest, ManyWhoGiveTheSameAtOnceGiveItOnce) {
  ASSERT_TRUE(Enter("chef-1480", "s-1", "Kerstin").ok());
  std::vector<std::jthread> callers;
  for (int i = 0; i < 8; ++i) {
    callers.emplace_back(
        [&] { EXPECT_EQ(Reason(Give("chef-1480", "", "s-1", "care-1480-1", {v1::STAFF_ROLE_MAS}, 1000)), ""); });
  }
  callers.clear();
  EXPECT_EQ(county_.Ask("select count(*) from registry.staff_assignments"), "1");
}

TEST_F(StaffTest, ANameIsForWhoKeepsTheRegister) {
  const auto entered = Enter("chef-1480", "s-1", "Kerstin Kanariefågel", "SE2120001355-K1");
  ASSERT_TRUE(entered.ok()) << entered.status();
  const auto listed = county_.organisation().ListStaff(county_.As("chef-1480"), {});
  ASSERT_EQ(listed->staff_size(), 1);
  EXPECT_EQ(listed->staff(0).name(), "Kerstin Kanariefågel");
  EXPECT_EQ(county_.organisation().ListStaff(county_.As("chef-1490"), {})->staff_size(), 0);
  EXPECT_EQ(Reason(county_.organisation().ListStaff(county_.As("care"), {})), "FORBIDDEN");
  EXPECT_EQ(county_.Ask("select count(*) from registry.changes c where c::text like '%Kanarie%'"), "0");
}

TEST_F(StaffTest, APersonIsEditedByItsForm) {
  const auto entered = Enter("chef-1480", "s-1", "Kerstin", "SE2120001355-K1");
  ASSERT_TRUE(entered.ok());
  EXPECT_EQ(Enter("chef-1480", "s-1", "Kerstin", "SE2120001355-K1")->revision(), entered->revision());
  EXPECT_EQ(Reason(Enter("chef-1480", "s-1", "Kerstin Ny")), "STAFF_DIFFERS");
  EXPECT_TRUE(Enter("chef-1480", "s-1", "Kerstin Ny", "SE2120001355-K1", entered->revision()).ok());
  EXPECT_EQ(Reason(Enter("chef-1480", "s-1", "Kerstin 3", "", entered->revision())), "STALE_VERSION");
  EXPECT_EQ(Reason(Enter("chef-1480", "s-2", "En annan", "SE2120001355-K1")), "HSA_ID_IN_USE");
  EXPECT_EQ(Reason(Enter("chef-1490", "s-1", "Kerstin")), "UNKNOWN_STAFF");
  EXPECT_EQ(Reason(Enter("admin", "", "Ny", "SE2120001356-K1")), "INVALID_FIELD");
}

}  // namespace
}  // namespace nara::registry
