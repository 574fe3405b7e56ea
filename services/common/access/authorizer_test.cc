#include "common/access/authorizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <vector>

#include "common/access/rules.h"

namespace nara {
namespace {

using registry::v1::Client;
using Answer = Decision::Answer;

Client Make(const std::string& id, const std::string& role, const std::string& principal = "",
            const std::vector<std::string>& units = {}) {
  Client client;
  client.set_id(id);
  client.set_role(role);
  client.set_principal(principal);
  for (const std::string& unit : units) client.add_units(unit);
  return client;
}

Object Of(const std::string& principal, const std::string& unit = "", const std::string& owner = "",
          const std::vector<std::string>& receivers = {}) {
  return {.principal = principal, .unit = unit, .owner = owner, .receivers = receivers};
}

class AuthorizerTest : public ::testing::Test {
 protected:
  AuthorizerTest() {
    Client token = Make("care", "care_unit", "1480", {"care-1480-1"});
    token.set_token_sha256(TokenHash("secret"));
    table_.Apply(true,
                 {token, Make("care-all", "care_unit", "1480"), Make("centre-1480", "alarm_centre", "1480"),
                  Make("watch", "operator"), Make("hmc", "supplier"), Make("chef", "principal_admin", "1480"),
                  Make("nara-fleet", "simulator"), Make("odd", "wizard"), Make("fake-admin", "admin"),
                  Make("lost", "care_unit")},
                 1);
    privacy_.Apply(true, {}, 1);
    privacy_.Confirmed(now_);
  }

  Answer Ask(const std::string& caller, Action action, const Object& object) {
    return authorizer_.Decide(caller, action, object).answer;
  }

  SteadyTime now_{};
  AccessTable table_{[this] { return now_; }};
  PrivacyTable privacy_{[this] { return now_; }};
  Authorizer authorizer_{table_, privacy_, SystemClock::Instance()};
};

TEST_F(AuthorizerTest, CareDataGoToTheUnitThatAnswersAndToNobodyElse) {
  const Object reading = Of("1480", "care-1480-1", "14");
  EXPECT_EQ(Ask("care", Action::kReadCareData, reading), Answer::kAllowed);
  EXPECT_EQ(Ask("care-all", Action::kReadCareData, reading), Answer::kAllowed);
  EXPECT_EQ(Ask("care", Action::kReadCareData, Of("1480", "care-1480-2")), Answer::kHidden);
  EXPECT_EQ(Ask("care-all", Action::kReadCareData, Of("1490", "care-1490-1")), Answer::kHidden);
  EXPECT_EQ(Ask("lost", Action::kReadCareData, reading), Answer::kForbidden) << "neither unit nor principal";
  for (const char* other : {"centre-1480", "watch", "hmc", "chef", "nara-fleet", "nara-admin", "nara-gateway"}) {
    EXPECT_EQ(Ask(other, Action::kReadCareData, reading), Answer::kForbidden) << other;
  }
}

TEST_F(AuthorizerTest, AnUnknownCallerMayNothing) {
  for (const Action action : AllActions()) {
    for (const char* caller : {"", "nobody", "odd", "fake-admin", "nara-mqtt", "nara-"}) {
      EXPECT_FALSE(authorizer_.Decide(caller, action, Of("1480", "care-1480-1")).allowed())
          << caller << " " << Name(action);
    }
  }
}

TEST_F(AuthorizerTest, AnAlarmCentreSeesItsPrincipalsAlertsAndThoseOfferedToIt) {
  EXPECT_EQ(Ask("centre-1480", Action::kReadAlert, Of("1480")), Answer::kAllowed);
  EXPECT_EQ(Ask("centre-1480", Action::kReadAlert, Of("1490", "", "", {"centre-1480"})), Answer::kAllowed);
  EXPECT_EQ(Ask("centre-1480", Action::kReadAlert, Of("1490")), Answer::kHidden);
}

TEST_F(AuthorizerTest, ACareUnitSeesItsAlertsAndThoseOfferedToIt) {
  EXPECT_EQ(Ask("care", Action::kReadAlert, Of("1480", "care-1480-1")), Answer::kAllowed);
  EXPECT_EQ(Ask("care", Action::kReadAlert, Of("1480", "care-1480-2", "", {"centre-1480", "care"})), Answer::kAllowed);
  EXPECT_EQ(Ask("care", Action::kReadAlert, Of("1480", "care-1480-2", "", {"centre-1480"})), Answer::kHidden);
  EXPECT_EQ(Ask("care", Action::kReadCareData, Of("1480", "care-1480-2", "", {"care"})), Answer::kHidden);
}

TEST_F(AuthorizerTest, OneAttendsOnlyAsOneself) {
  EXPECT_EQ(Ask("centre-1480", Action::kAttend, Of("", "", "", {"centre-1480"})), Answer::kAllowed);
  EXPECT_EQ(Ask("centre-1480", Action::kAttend, Of("1480", "", "", {"centre-1490"})), Answer::kHidden);
  EXPECT_EQ(Ask("nara-fleet", Action::kAttend, Of("", "", "", {"centre-1490"})), Answer::kAllowed);
  EXPECT_EQ(Ask("watch", Action::kAttend, Of("", "", "", {"watch"})), Answer::kForbidden);
}

TEST_F(AuthorizerTest, APrincipalArrangesItsOwnThingsOnly) {
  EXPECT_EQ(Ask("chef", Action::kAssign, Of("1480")), Answer::kAllowed);
  EXPECT_EQ(Ask("chef", Action::kAssign, Of("1490")), Answer::kHidden);
  EXPECT_EQ(Ask("chef", Action::kRegisterDevice, Of("", "", "1480")), Answer::kAllowed);
  EXPECT_EQ(Ask("chef", Action::kRegisterDevice, Of("", "", "14")), Answer::kHidden);
  EXPECT_EQ(Ask("chef", Action::kWriteClient, Of("1480")), Answer::kForbidden);
  EXPECT_EQ(Ask("hmc", Action::kRegisterDevice, Of("", "", "14")), Answer::kAllowed);
  EXPECT_EQ(Ask("nara-admin", Action::kWriteClient, Of("")), Answer::kAllowed);
}

TEST_F(AuthorizerTest, ARevokedClientIsDeniedEvenOnAnOpenStream) {
  const Caller caller = authorizer_.Identify("care", "").value();
  ASSERT_TRUE(authorizer_.Decide(caller, Action::kReadCareData, Of("1480", "care-1480-1")).allowed());
  Client revoked = *table_.Find("care");
  revoked.set_revoked(true);
  revoked.set_revision(2);
  table_.Apply(false, {revoked}, 2);
  EXPECT_FALSE(authorizer_.Decide(caller, Action::kReadCareData, Of("1480", "care-1480-1")).allowed());
  EXPECT_TRUE(authorizer_.Reach(caller, Action::kReadCareData).nothing());
  EXPECT_TRUE(absl::IsPermissionDenied(authorizer_.Identify("care", "").status()));
  EXPECT_TRUE(absl::IsPermissionDenied(authorizer_.IdentifyToken("secret").status()));
}

TEST_F(AuthorizerTest, WithoutTheRegistryOnlyDeliveriesAcrossUnitsWait) {
  now_ += std::chrono::milliseconds(1001);
  EXPECT_FALSE(authorizer_.fresh());
  EXPECT_EQ(Ask("care-all", Action::kReadCareData, Of("1480", "care-1480-1")), Answer::kWait);
  EXPECT_EQ(Ask("care", Action::kReadCareData, Of("1480", "care-1480-1")), Answer::kAllowed);
  EXPECT_EQ(Ask("centre-1480", Action::kReadAlert, Of("1480")), Answer::kAllowed);
}

TEST_F(AuthorizerTest, OnlyTheGatewaySpeaksForOthers) {
  EXPECT_EQ(authorizer_.Identify("nara-gateway", "care")->id, "care");
  EXPECT_EQ(authorizer_.Identify("care", "care")->id, "care");
  for (const auto& [peer, claimed] :
       std::vector<std::pair<std::string, std::string>>{{"care", "chef"},
                                                        {"nara-ingest", "care"},
                                                        {"nara-gateway", "nara-admin"},
                                                        {"nara-gateway", "nara-ingest"}}) {
    EXPECT_TRUE(absl::IsPermissionDenied(authorizer_.Identify(peer, claimed).status())) << peer << " " << claimed;
  }
  EXPECT_TRUE(absl::IsUnauthenticated(authorizer_.Identify("nara-gateway", "nobody").status()));
}

TEST_F(AuthorizerTest, FindsTheHolderOfAToken) {
  EXPECT_EQ(authorizer_.IdentifyToken("secret")->id, "care");
  EXPECT_TRUE(absl::IsUnauthenticated(authorizer_.IdentifyToken("").status()));
  EXPECT_TRUE(absl::IsUnauthenticated(authorizer_.IdentifyToken("Secret").status()));
  Client renewed = *table_.Find("care");
  renewed.set_token_sha256(TokenHash("other"));
  renewed.set_revision(2);
  table_.Apply(false, {renewed}, 2);
  EXPECT_FALSE(authorizer_.IdentifyToken("secret").ok()) << "the old token is void";
  EXPECT_EQ(authorizer_.IdentifyToken("other")->token_sha256, TokenHash("other"));
}

TEST(Refusal, HiddenLooksLikeNotThere) {
  EXPECT_EQ(Refusal({Answer::kHidden, "x"}, "device", "dev-1"), NotThere("device", "dev-1"));
  EXPECT_TRUE(absl::IsPermissionDenied(Refusal({Answer::kForbidden, ""}, "device", "dev-1")));
  EXPECT_TRUE(absl::IsUnavailable(Refusal({Answer::kWait, ""}, "device", "dev-1")));
  EXPECT_TRUE(Refusal({Answer::kAllowed, ""}, "device", "dev-1").ok());
}

TEST(TokenHash, IsLowerCaseSha256) {
  EXPECT_EQ(TokenHash("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

// The rows of the table in docs/formats/access.md, as the rules would print them.
std::vector<std::string> TableRows() {
  constexpr Role kRoles[] = {Role::kService,  Role::kAdmin,          Role::kOperator,    Role::kSupplier,
                             Role::kCareUnit, Role::kPrincipalAdmin, Role::kAlarmCentre, Role::kSimulator};
  std::vector<std::string> rows;
  for (const Action action : AllActions()) {
    std::string row = "| `" + std::string(Name(action)) + "` |";
    for (const Role role : kRoles) row += " " + std::string(Name(RuleFor(role, action))) + " |";
    rows.push_back(row);
  }
  return rows;
}

TEST(Rules, AreTheTableOfTheDocumentation) {
  std::ifstream file(NARA_ACCESS_DOC);
  std::vector<std::string> written;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("| `") && std::count(line.begin(), line.end(), '|') == 10) written.push_back(line);
  }
  EXPECT_THAT(written, ::testing::ElementsAreArray(TableRows()));
}

}  // namespace
}  // namespace nara
