// Who changed what, and who looked at whom, on a real PostgreSQL.
#include "device_registry/audit/audit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "common/rpc/error.h"
#include "common/time/proto_time.h"
#include "device_registry/audit/postgres_store.h"
#include "device_registry/audit/retention.h"
#include "device_registry/testing/county.h"
#include "device_registry/testing/identities.h"

namespace nara::registry {
namespace {

using ::testing::AllOf;
using testing::At;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::IdentityOf;
using ::testing::IsEmpty;
using testing::kAda;
using ::testing::Not;
using ::testing::StartsWith;

class AuditTest : public ::testing::Test, protected testing::Identities {
 protected:
  AuditTest() : Identities(county_) { county_.Fill(); }

  absl::StatusOr<v1::ListChangesResponse> List(const std::string& who, const v1::ListChangesRequest& request = {}) {
    return audit_.ListChanges(county_.As(who), request);
  }
  static v1::ListChangesRequest Of(const std::string& object, const std::string& id) {
    v1::ListChangesRequest request;
    request.set_object(object);
    request.set_id(id);
    return request;
  }
  // "chef-1480 put unit", the newest first.
  static std::vector<std::string> Words(const v1::ListChangesResponse& response) {
    std::vector<std::string> words;
    for (const v1::Change& change : response.changes()) {
      words.push_back(change.actor() + " " + change.action() + " " + change.object() + " " + change.id());
    }
    return words;
  }
  std::vector<std::string> Seen(const std::string& who, const v1::ListChangesRequest& request = {}) {
    const auto response = List(who, request);
    EXPECT_TRUE(response.ok()) << response.status();
    return response.ok() ? Words(*response) : std::vector<std::string>();
  }
  absl::StatusOr<v1::ListIdentityReadsResponse> Reads(const std::string& who,
                                                      const v1::ListIdentityReadsRequest& request = {}) {
    return audit_.ListIdentityReads(county_.As(who), request);
  }
  void RenameUnit(const std::string& name, const std::string& reason = "") {
    v1::ListUnitsRequest list;
    list.set_principal("1480");
    const auto units = county_.organisation().ListUnits(county_.As("admin"), list);
    ASSERT_TRUE(units.ok()) << units.status();
    v1::PutUnitRequest put;
    for (const v1::Unit& unit : units->units()) {
      if (unit.id() == "care-1480-1") *put.mutable_unit() = unit;
    }
    put.mutable_unit()->set_name(name);
    Caller caller = county_.As("chef-1480");
    caller.reason = reason;
    const auto stored = county_.organisation().PutUnit(caller, put);
    ASSERT_TRUE(stored.ok()) << stored.status();
  }

  testing::County county_;
  const Authorizer authorizer_{county_.feeds().access.table()};
  PostgresAudit store_{county_.database()};
  Audit audit_{{.store = store_, .authorizer = authorizer_}};
};

TEST_F(AuditTest, SaysWhoWhatWhyAndWhatItWasBefore) {
  RenameUnit("Hemtjänst Centrum", "namnbyte");
  const auto listed = List("chef-1480", Of("unit", "care-1480-1"));
  ASSERT_TRUE(listed.ok()) << listed.status();
  const v1::Change& change = listed->changes(0);
  EXPECT_EQ(change.actor(), "chef-1480");
  EXPECT_EQ(change.action(), "put");
  EXPECT_EQ(change.reason(), "namnbyte");
  EXPECT_THAT(change.before(), HasSubstr("Enheten care-1480-1"));
  EXPECT_THAT(change.after(), HasSubstr("Hemtjänst Centrum"));
  EXPECT_GT(change.revision(), listed->changes(1).revision()) << "the newest first";
}

TEST_F(AuditTest, APrincipalSeesWhatIsItsOwn) {
  ASSERT_TRUE(county_.Assign("a-1", "bp-0001", "r-1").ok());
  const auto own = Seen("chef-1480");
  EXPECT_THAT(own, Contains("nara-admin assign assignment a-1"));
  EXPECT_THAT(own, Not(Contains(HasSubstr("1490"))));
  EXPECT_THAT(own, Not(Contains(HasSubstr("device bp-0001")))) << "the region's";
  EXPECT_THAT(own, Not(Contains(HasSubstr("client")))) << "the administrator's";
  EXPECT_THAT(Seen("chef-1490"), Not(Contains(HasSubstr("a-1"))));
  EXPECT_THAT(Seen("chef-1490", Of("assignment", "a-1")), IsEmpty());
  EXPECT_THAT(Seen("chef-1490", Of("assignment", "a-9")), IsEmpty()) << "not yours and not there look the same";
  const auto all = Seen("admin");
  EXPECT_THAT(all, AllOf(Contains(HasSubstr("device bp-0001")), Contains(HasSubstr("client")),
                         Contains(HasSubstr("unit care-1490-1"))));
}

TEST_F(AuditTest, WhatWasDoneBeforeAHandOverIsNotTheNewOnes) {
  ASSERT_TRUE(county_.Assign("a-1", "disp-0001", "r-1").ok());
  v1::TransferResponsibilityRequest transfer;
  transfer.set_assignment("a-1");
  transfer.set_purpose(v1::PURPOSE_CARE);
  transfer.set_unit("care-1490-1");
  const auto moved = county_.assignments().TransferResponsibility(county_.As("admin"), transfer);
  ASSERT_TRUE(moved.ok()) << moved.status();
  EXPECT_THAT(Seen("chef-1490", Of("assignment", "a-1")), ElementsAre("nara-admin transfer assignment a-1"));
  EXPECT_THAT(Seen("chef-1480", Of("assignment", "a-1")),
              ElementsAre("nara-admin transfer assignment a-1", "nara-admin assign assignment a-1"))
      << "it still answers for alarms";
}

TEST_F(AuditTest, IsAskedByObjectActorPrincipalAndPeriod) {
  RenameUnit("Ett");
  v1::ListChangesRequest by;
  by.set_actor("chef-1480");
  EXPECT_THAT(Seen("admin", by), ElementsAre("chef-1480 put unit care-1480-1"));
  by.set_actor("nobody");
  EXPECT_THAT(Seen("admin", by), IsEmpty());
  v1::ListChangesRequest of;
  of.set_principal("1490");
  EXPECT_THAT(Seen("admin", of), Contains(HasSubstr("unit care-1490-1")));
  EXPECT_THAT(Seen("admin", of), Not(Contains(HasSubstr("care-1480-1"))));
  EXPECT_THAT(Seen("chef-1480", of), Not(Contains(HasSubstr("care-1490-1"))));
  v1::ListChangesRequest in;
  *in.mutable_until() = At(1'700'000'000);
  EXPECT_THAT(Seen("admin", in), IsEmpty());
  in.clear_until();
  *in.mutable_since() = At(1'700'000'000);
  EXPECT_THAT(Seen("admin", in), Not(IsEmpty()));
}

TEST_F(AuditTest, HasPagesThatMissNothing) {
  for (const char* who : {"admin", "chef-1480"}) {
    v1::ListChangesRequest request;
    const auto whole = Seen(who);
    std::vector<std::string> pieces;
    request.set_page_size(2);
    do {
      const auto page = List(who, request);
      ASSERT_TRUE(page.ok()) << page.status();
      for (const std::string& word : Words(*page)) pieces.push_back(word);
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    EXPECT_EQ(pieces, whole) << who;
  }
}

TEST_F(AuditTest, BadQuestionsAreRefused) {
  EXPECT_EQ(Reason(List("admin", Of("", "bp-0001"))), "INVALID_FIELD");
  v1::ListChangesRequest request;
  request.set_page_token("0000000000000000.5-0");
  EXPECT_EQ(Reason(List("admin", request)), "PAGE_TOKEN");
  request.clear_page_token();
  request.mutable_since()->set_seconds(INT64_MAX);
  EXPECT_EQ(Reason(List("admin", request)), "INVALID_FIELD");
  *request.mutable_since() = At(2);
  *request.mutable_until() = At(1);
  EXPECT_EQ(Reason(List("admin", request)), "INVALID_FIELD");
  request.set_page_size(1001);
  EXPECT_EQ(Reason(List("admin", request)), "INVALID_FIELD");
  v1::ListChangesRequest page;
  page.set_page_size(1);
  page.set_page_token(List("admin", page)->next_page_token() + "x");
  EXPECT_EQ(Reason(List("admin", page)), "PAGE_TOKEN");
}

TEST_F(AuditTest, NobodyElseReadsIt) {
  for (const char* who : {"watch", "hmc", "care", "centre-1480", "ingest"}) {
    EXPECT_EQ(Reason(List(who)), "FORBIDDEN") << who;
    EXPECT_EQ(Reason(Reads(who)), "FORBIDDEN") << who;
  }
}

TEST_F(AuditTest, APlanIsCareDataThatTheAdministratorDoesNotSee) {
  v1::PutPlanRequest put;
  put.mutable_plan()->set_resident("r-1");
  put.mutable_plan()->set_version(1);
  auto& limit = *put.mutable_plan()->add_limits();
  limit.set_kind("body_weight");
  limit.set_component("weight");
  limit.set_low("60.5");
  limit.set_high("72");
  limit.set_unit("kg");
  const auto stored = county_.plans().PutPlan(county_.As("chef-1480"), put);
  ASSERT_TRUE(stored.ok()) << stored.status();
  const auto admin = List("admin", Of("plan", "r-1"));
  ASSERT_EQ(admin->changes_size(), 1);
  EXPECT_TRUE(admin->changes(0).withheld());
  EXPECT_EQ(admin->changes(0).before() + admin->changes(0).after(), "");
  EXPECT_THAT(List("chef-1480", Of("plan", "r-1"))->changes(0).after(), HasSubstr("60.5"));
}

TEST_F(AuditTest, HoldsNoIdentity) {
  ASSERT_TRUE(Register("chef-1480", "r-ada", IdentityOf(kAda, "Ada Test")).ok());
  const auto all = List("admin");
  EXPECT_THAT(Words(*all), Contains(HasSubstr("identify resident r-ada")));
  EXPECT_THAT(all->DebugString(), AllOf(Not(HasSubstr(kAda)), Not(HasSubstr("Ada Test"))));
}

TEST_F(AuditTest, WhatWasWrittenStays) {
  EXPECT_THAT(county_.Try("update registry.changes set actor = 'nobody'"), HasSubstr("never changed"));
  EXPECT_THAT(county_.Try("delete from registry.changes"), HasSubstr("never changed"));
  EXPECT_THAT(county_.Try("update registry.identity_reads set actor = 'nobody'"), HasSubstr("never changed"));
}

TEST_F(AuditTest, ALookIsFollowedUpByWhoseTheResidentIs) {
  ASSERT_TRUE(Register("chef-1480", "r-ada", IdentityOf(kAda, "Ada Test")).ok());
  ASSERT_TRUE(Get("chef-1480", "r-ada").ok());
  for (const char* who : {"chef-1480", "admin"}) {
    const auto reads = Reads(who);
    ASSERT_TRUE(reads.ok()) << reads.status();
    ASSERT_EQ(reads->reads_size(), 1) << who;
    EXPECT_EQ(reads->reads(0).resident(), "r-ada");
    EXPECT_EQ(reads->reads(0).actor(), "chef-1480");
    EXPECT_TRUE(reads->reads(0).shown());
  }
  EXPECT_EQ(Reads("chef-1490")->reads_size(), 0);
}

TEST_F(AuditTest, LooksAreAskedByResidentActorAndPeriodWithPages) {
  ASSERT_TRUE(Register("chef-1480", "r-ada", IdentityOf(kAda, "Ada Test")).ok());
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(Get("chef-1480", "r-ada").ok());
  v1::ListIdentityReadsRequest request;
  request.set_resident("r-ada");
  request.set_page_size(2);
  const auto first = Reads("admin", request);
  ASSERT_EQ(first->reads_size(), 2);
  request.set_page_token(first->next_page_token());
  const auto second = Reads("admin", request);
  ASSERT_EQ(second->reads_size(), 1);
  EXPECT_GT(first->reads(1).number(), second->reads(0).number());
  EXPECT_EQ(second->next_page_token(), "");
  v1::ListIdentityReadsRequest other;
  other.set_actor("care");
  EXPECT_EQ(Reads("admin", other)->reads_size(), 0);
  other.set_actor("chef-1480");
  *other.mutable_until() = At(1'700'000'000);
  EXPECT_EQ(Reads("admin", other)->reads_size(), 0);
}

TEST_F(AuditTest, LooksAreForgottenWhenTheyHaveBeenKeptForLongEnough) {
  ASSERT_TRUE(Register("chef-1480", "r-ada", IdentityOf(kAda, "Ada Test")).ok());
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(Get("chef-1480", "r-ada").ok());
  metrics::Registry registry;
  Metrics metrics(registry);
  Retention retention(store_, county_.clock(), absl::Hours(24 * 30), metrics);
  ASSERT_TRUE(retention.Round().ok());
  EXPECT_EQ(Reads("admin")->reads_size(), 3);
  county_.clock().Advance(absl::Hours(24 * 31));
  EXPECT_EQ(store_.ForgetReads(absl::ToChronoTime(county_.clock().Now() - absl::Hours(24 * 30)), 2).value(), 2)
      << "piece by piece";
  ASSERT_TRUE(retention.Round().ok());
  EXPECT_EQ(Reads("admin")->reads_size(), 0);
  EXPECT_THAT(registry.Text(), HasSubstr("nara_registry_identity_reads_forgotten_total 1"));
}

}  // namespace
}  // namespace nara::registry
