// Protected identities: who may see them, and who does not even learn that they are.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "common/rpc/error.h"
#include "device_registry/residents/residents.h"
#include "device_registry/testing/county.h"
#include "device_registry/testing/identities.h"

namespace nara::registry {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::IdentityOf;
using ::testing::IsEmpty;
using testing::kAda;
using testing::kBo;
using ::testing::Not;

class ProtectedTest : public ::testing::Test, protected testing::Identities {
 protected:
  ProtectedTest() : Identities(county_) {
    county_.Fill();
    Must(Register("admin", "r-ada", IdentityOf(kAda, "Ada Skyddad", v1::PROTECTION_MARKED)).status());
    Must(county_.Assign("a-1", "disp-0001", "r-ada").status());
  }

  static void Must(const absl::Status& status) { EXPECT_TRUE(status.ok()) << status; }

  // A special right from now on, or until `end`.
  absl::StatusOr<v1::ProtectedAccess> Let(const std::string& id, const std::string& client,
                                          const std::string& principal = "1480", std::int64_t end = 0,
                                          std::uint64_t revision = 0, const std::string& who = "admin") {
    v1::PutProtectedAccessRequest request;
    v1::ProtectedAccess& access = *request.mutable_protected_access();
    access.set_id(id);
    access.set_client(client);
    access.set_principal(principal);
    *access.mutable_start_at() = testing::At(1000);
    if (end != 0) *access.mutable_end_at() = testing::At(end);
    access.set_revision(revision);
    const auto response = county_.residents().PutProtectedAccess(county_.As(who), request);
    if (!response.ok()) return response.status();
    return response->protected_access();
  }

  testing::County county_;
};

TEST_F(ProtectedTest, NobodySeesOneWithoutTheSpecialRight) {
  for (const std::string who : {"chef-1480", "care", "admin"}) {
    const auto seen = Get(who, "r-ada");
    ASSERT_TRUE(seen.ok()) << who;
    EXPECT_EQ(seen->identity_state(), v1::IDENTITY_STATE_PROTECTED) << who;
    EXPECT_FALSE(seen->has_identity());
  }
  const auto listed = county_.residents().ListResidents(county_.As("chef-1480"), {});
  EXPECT_EQ(listed->residents(2).identity_state(), v1::IDENTITY_STATE_PROTECTED);
  EXPECT_THAT(listed->DebugString(), Not(HasSubstr("Skyddad")));
}

TEST_F(ProtectedTest, TheSpecialRightIsWithinTheRole) {
  ASSERT_TRUE(Let("g-1", "care").ok());
  ASSERT_TRUE(Let("g-2", "watch").ok());
  EXPECT_EQ(Get("care", "r-ada")->identity().name(), "Ada Skyddad");
  EXPECT_THAT(FindIds("care", kAda).value(), ElementsAre("r-ada"));
  EXPECT_EQ(Reason(Get("watch", "r-ada")), "FORBIDDEN") << "an operator sees no identity at all";
  EXPECT_EQ(Get("chef-1480", "r-ada")->identity_state(), v1::IDENTITY_STATE_PROTECTED) << "it is the client's own";
}

TEST_F(ProtectedTest, TheRightEndsWithItsPeriodAndIsOnePrincipals) {
  const auto given = Let("g-1", "care");
  ASSERT_TRUE(given.ok());
  EXPECT_EQ(Get("care", "r-ada")->identity_state(), v1::IDENTITY_STATE_SHOWN);
  ASSERT_TRUE(Let("g-1", "care", "1480", 2000, given->revision()).ok());
  EXPECT_EQ(Get("care", "r-ada")->identity_state(), v1::IDENTITY_STATE_PROTECTED);
  ASSERT_TRUE(Let("g-2", "care", "1490").ok());
  EXPECT_EQ(Get("care", "r-ada")->identity_state(), v1::IDENTITY_STATE_PROTECTED);
  EXPECT_EQ(county_.Ask("select count(*) from registry.protected_access_history"), "1");
}

TEST_F(ProtectedTest, TheAdministratorGivesIt) {
  EXPECT_EQ(Reason(Let("g-1", "care", "1480", 0, 0, "chef-1480")), "FORBIDDEN");
  EXPECT_EQ(Reason(Let("g-1", "nobody")), "UNKNOWN_CLIENT");
  EXPECT_EQ(Reason(Let("g-1", "care", "9999")), "INVALID_FIELD");
  ASSERT_TRUE(Let("g-1", "care").ok());
  EXPECT_EQ(Reason(Let("g-1", "centre-1480")), "PROTECTED_ACCESS_DIFFERS");
  EXPECT_EQ(county_.residents().ListProtectedAccess(county_.As("admin"), {})->protected_access_size(), 1);
  EXPECT_EQ(Reason(county_.residents().ListProtectedAccess(county_.As("chef-1480"), {})), "FORBIDDEN");
}

TEST_F(ProtectedTest, ASearchSaysTheSameAsForNobody) {
  const auto search = [&](const std::string& number) {
    v1::FindResidentsRequest request;
    request.set_number(number);
    return county_.residents().FindResidents(county_.As("chef-1480"), request)->SerializeAsString();
  };
  EXPECT_EQ(search(kAda), search(kBo));
  EXPECT_EQ(county_.Ask("select actor from registry.identity_reads where resident = 'r-ada' and not shown"),
            "chef-1480")
      << "who tried is known";
}

TEST_F(ProtectedTest, RegisteringOneAgainIsAnsweredAsForAnybodyAndRemembered) {
  Must(Register("chef-1480", "r-bo", IdentityOf(kBo, "Bo Test")).status());
  const absl::Status open = Register("chef-1480", "r-x", IdentityOf(kBo, "Bo Test")).status();
  const absl::Status hidden = Register("chef-1480", "r-x", IdentityOf(kAda, "Ada Skyddad")).status();
  EXPECT_EQ(rpc::ReasonOf(hidden), "NUMBER_IN_USE");
  EXPECT_EQ(open, hidden);
  EXPECT_EQ(county_.Ask("select count(*) from registry.identity_reads where not shown"), "1");
}

TEST_F(ProtectedTest, AGuessAtAnIdIsNotConfirmed) {
  const v1::Identity right = IdentityOf(kAda, "Ada Skyddad", v1::PROTECTION_MARKED);
  EXPECT_TRUE(Register("admin", "r-ada", right).ok()) << "a retry of who gave it";
  EXPECT_EQ(Reason(Register("chef-1480", "r-ada", right)), "RESIDENT_DIFFERS");
  EXPECT_EQ(Reason(Register("chef-1480", "r-ada", IdentityOf(kBo, "Bo Test"))), "RESIDENT_DIFFERS");
}

TEST_F(ProtectedTest, ProtectionIsTakenAwayByWhoMaySeeIt) {
  const std::uint64_t revision = Get("admin", "r-ada")->revision();
  const v1::Identity open = IdentityOf(kAda, "", v1::PROTECTION_NONE);
  EXPECT_EQ(Reason(Update("chef-1480", "r-ada", open, {"protection"}, revision)), "PROTECTED_IDENTITY");
  ASSERT_TRUE(Let("g-1", "chef-1480").ok());
  ASSERT_TRUE(Update("chef-1480", "r-ada", open, {"protection"}, revision).ok());
  EXPECT_EQ(Get("care", "r-ada")->identity().name(), "Ada Skyddad");
}

TEST_F(ProtectedTest, AnybodyWhoArrangesMayProtect) {
  const auto made = Register("chef-1480", "r-bo", IdentityOf(kBo, "Bo Test"));
  ASSERT_TRUE(made.ok());
  const v1::Identity hide = IdentityOf(kBo, "", v1::PROTECTION_REGISTRATION);
  ASSERT_TRUE(Update("chef-1480", "r-bo", hide, {"protection"}, *made).ok());
  EXPECT_EQ(Get("chef-1480", "r-bo")->identity_state(), v1::IDENTITY_STATE_PROTECTED);
  EXPECT_THAT(FindIds("chef-1480", kBo).value(), IsEmpty());
}

}  // namespace
}  // namespace nara::registry
