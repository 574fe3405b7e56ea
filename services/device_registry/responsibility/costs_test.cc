// Who pays, and why.
#include "device_registry/responsibility/costs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "common/rpc/error.h"
#include "common/testing/temp_dir.h"
#include "common/time/proto_time.h"
#include "device_registry/responsibility/birthday.h"
#include "device_registry/testing/county.h"
#include "device_registry/testing/identities.h"

namespace nara::registry {
namespace {

using testing::At;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::int64_t kPast = 1'700'000'000;

TEST(Birthday, OfTheLeapDayIsTheLastOfFebruary) {
  EXPECT_EQ(Birthday(absl::CivilDay(2008, 2, 29), 18), absl::CivilDay(2026, 2, 28));
  EXPECT_EQ(Birthday(absl::CivilDay(2008, 2, 29), 20), absl::CivilDay(2028, 2, 29));
  EXPECT_EQ(Birthday(absl::CivilDay(2008, 12, 31), 18), absl::CivilDay(2026, 12, 31));
}

TEST(Birthday, IsInSweden) {
  const absl::Time midnight = BirthdayInSweden(absl::CivilDay(2008, 1, 15), 18);
  EXPECT_EQ(AgeAt(absl::CivilDay(2008, 1, 15), midnight - absl::Seconds(1)), 17);
  EXPECT_EQ(AgeAt(absl::CivilDay(2008, 1, 15), midnight), 18);
  EXPECT_EQ(absl::FormatTime(midnight, absl::UTCTimeZone()), "2026-01-14T23:00:00+00:00");
}

TEST(Birthday, IsADate) {
  EXPECT_TRUE(ParseBirthDate("2008-02-29").ok());
  for (const std::string text : {"", "2008-02-30", "2008-2-9", "1808-02-09", "20080229", "2008-02-29 "}) {
    EXPECT_FALSE(ParseBirthDate(text).ok()) << text;
  }
}

absl::StatusOr<CostRules> RulesOf(const std::string& text) {
  const nara::testing::TempDir dir;
  return CostRules::Load(dir.Write("cost_rules.yaml", text));
}

constexpr char kLast[] = "otherwise: {pays: answers, reason: annars}\n";

TEST(CostRulesTest, AreDated) {
  const auto rules = RulesOf(std::string("old: {until: \"2026-01-01\", pays: region, reason: förr}\n") + kLast);
  ASSERT_TRUE(rules.ok()) << rules.status();
  const CostCase facts{.answers = "1480", .born = {}};
  const absl::Time new_year = BirthdayInSweden(absl::CivilDay(2025, 1, 1), 1);
  EXPECT_EQ(rules->PayerOf(facts, new_year - absl::Seconds(1)).principal, "14");
  EXPECT_EQ(rules->PayerOf(facts, new_year).principal, "1480");
  EXPECT_EQ(rules->PayerOf(facts, new_year).rule, "otherwise");
}

TEST(CostRulesTest, SayEveryMistake) {
  const auto rules = RulesOf("a: {pays: nobody, reason: x, prescriber: doctor, colour: red}\n");
  ASSERT_FALSE(rules.ok());
  for (const std::string mistake : {"pays is", "prescriber is", "colour", "the last rule"}) {
    EXPECT_THAT(std::string(rules.status().message()), HasSubstr(mistake));
  }
  EXPECT_FALSE(CostRules::Load("/nowhere/cost_rules.yaml").ok());
}

class CostsTest : public ::testing::Test {
 protected:
  CostsTest() {
    county_.Fill();
    EXPECT_TRUE(county_.Assign("a-1", "bp-0001", "r-1", kPast).ok());
  }

  absl::StatusOr<v1::Cost> Cost(const std::string& who, std::int64_t at) {
    v1::GetCostRequest request;
    request.set_assignment("a-1");
    *request.mutable_at() = At(at);
    const auto response = costs_.GetCost(county_.As(who), request);
    if (!response.ok()) return response.status();
    return response->cost();
  }

  absl::Status PutFacts(const std::string& who, std::int64_t since, const std::string& prescriber,
                        const std::string& born) {
    v1::PutCostFactsRequest request;
    request.set_assignment("a-1");
    *request.mutable_facts()->mutable_since() = At(since);
    request.mutable_facts()->set_registered_at("1480");
    request.mutable_facts()->set_prescriber(prescriber);
    request.mutable_facts()->set_birth_date(born);
    return costs_.PutCostFacts(county_.As(who), request).status();
  }

  v1::PutCostExceptionRequest Exception(const std::string& payer) {
    v1::PutCostExceptionRequest request;
    request.mutable_exception()->set_id("e-1");
    request.mutable_exception()->set_assignment("a-1");
    request.mutable_exception()->set_payer(payer);
    *request.mutable_exception()->mutable_start_at() = At(kPast + 5000);
    *request.mutable_exception()->mutable_end_at() = At(kPast + 6000);
    request.mutable_exception()->set_reason("enligt överenskommelse");
    return request;
  }

  testing::County county_;
  Costs& costs_ = county_.costs();
};

TEST_F(CostsTest, WhoAnswersPaysWhileNothingElseIsKnown) {
  const auto cost = Cost("chef-1480", kPast);
  ASSERT_TRUE(cost.ok()) << cost.status();
  EXPECT_EQ(cost->payer(), "1480");
  EXPECT_EQ(cost->rule(), "otherwise");
  EXPECT_NE(cost->reason(), "");
}

TEST_F(CostsTest, WhatIsKnownFromAnInstantOnDecidesFromThenOn) {
  ASSERT_TRUE(PutFacts("chef-1480", kPast + 1000, "1480", "1950-01-01").ok());
  ASSERT_TRUE(PutFacts("chef-1480", kPast + 2000, "14", "1950-01-01").ok());
  EXPECT_EQ(Cost("chef-1480", kPast + 999)->rule(), "otherwise");
  EXPECT_EQ(Cost("chef-1480", kPast + 1000)->rule(), "trusted_prescribing");
  EXPECT_EQ(Cost("chef-1480", kPast + 1000)->payer(), "14") << "a municipality prescribes, the region pays";
  EXPECT_EQ(Cost("chef-1480", kPast + 2000)->rule(), "measuring_by_region");
}

TEST_F(CostsTest, AnAgeEndsOnTheBirthday) {
  // 18 on 2023-11-20, six days into the assignment.
  ASSERT_TRUE(PutFacts("chef-1480", kPast, "", "2005-11-20").ok());
  EXPECT_EQ(Cost("chef-1480", kPast)->rule(), "children");
  EXPECT_EQ(Cost("chef-1480", kPast + 6 * 86'400)->rule(), "otherwise");
}

TEST_F(CostsTest, ADateOfBirthIsEncryptedAtRest) {
  ASSERT_TRUE(PutFacts("chef-1480", kPast, "", "2005-11-20").ok());
  const std::string table = "select string_agg(cost_facts::text, '') from registry.cost_facts";
  EXPECT_THAT(county_.Ask(table), Not(HasSubstr("2005"))) << "neither in clear ...";
  EXPECT_THAT(county_.Ask(table), Not(HasSubstr("323030352d31312d3230"))) << "... nor as bytes";
  EXPECT_EQ(county_.Ask("select count(*) from registry.changes where detail::text like '%2005-11%'"), "0");
  const std::string revision = county_.Ask("select value from registry.revision");
  ASSERT_TRUE(PutFacts("chef-1480", kPast, "", "2005-11-20").ok());
  EXPECT_EQ(county_.Ask("select value from registry.revision"), revision) << "the same again changes nothing";
  ASSERT_TRUE(PutFacts("chef-1480", kPast, "", "1950-11-20").ok());
  EXPECT_EQ(Cost("chef-1480", kPast)->rule(), "otherwise");
  EXPECT_NE(county_.Try("update registry.cost_facts set birth_date = '1950-11-20', birth = null, key_id = null"), "");
}

TEST_F(CostsTest, ItsKeyIsRotatedWithTheOthers) {
  testing::Identities identities(county_);
  ASSERT_TRUE(identities.Register("chef-1480", "r-x", testing::IdentityOf(testing::kAda, "Ada")).ok());
  ASSERT_TRUE(PutFacts("chef-1480", kPast, "", "2005-11-20").ok());
  ASSERT_TRUE(PutFacts("chef-1480", kPast + 1, "1480", "2005-11-20").ok());
  ASSERT_TRUE(PutFacts("chef-1480", kPast + 2, "1480", "").ok());
  county_.UseKeys(testing::KeysOf({"k2", "k1"}));
  EXPECT_EQ(Cost("chef-1480", kPast)->rule(), "children") << "the older key still opens";
  EXPECT_EQ(identities.Rotate("admin", 2).value(), "k2 2 1");
  county_.UseKeys(testing::KeysOf({"k2"}));
  EXPECT_THAT(std::string(county_.resident_store().Prepare().message()), HasSubstr("lacks the key k1"));
  county_.UseKeys(testing::KeysOf({"k2", "k1"}));
  EXPECT_EQ(identities.Rotate("admin", 2).value(), "k2 1 0");
  county_.UseKeys(testing::KeysOf({"k2"}));
  EXPECT_TRUE(county_.resident_store().Prepare().ok());
  EXPECT_EQ(Cost("chef-1480", kPast)->rule(), "children");
  EXPECT_EQ(Cost("chef-1480", kPast + 1)->rule(), "children");
}

TEST_F(CostsTest, WhatStoodInClearIsEncryptedAtTheNextStart) {
  ASSERT_TRUE(PutFacts("chef-1480", kPast, "", "").ok());
  ASSERT_TRUE(PutFacts("chef-1480", kPast + 1, "", "").ok());
  ASSERT_EQ(county_.Try("alter table registry.cost_facts drop constraint cost_facts_none_in_clear;"
                        "update registry.cost_facts set birth_date = '2005-11-20'"),
            "");
  ASSERT_TRUE(county_.cost_store().Prepare().ok());
  EXPECT_EQ(county_.Ask("select count(birth_date) || ' ' || count(birth) from registry.cost_facts"), "0 2");
  EXPECT_EQ(Cost("chef-1480", kPast)->rule(), "children");
  const std::string revision = county_.Ask("select value from registry.revision");
  ASSERT_TRUE(county_.cost_store().Prepare().ok());
  EXPECT_EQ(county_.Ask("select value from registry.revision"), revision) << "once";
}

TEST_F(CostsTest, AnExceptionIsApprovedByItsPayer) {
  const auto refused = costs_.PutCostException(county_.As("chef-1480"), Exception("1490"));
  EXPECT_EQ(rpc::ReasonOf(refused.status()), "UNKNOWN_PRINCIPAL");
  const auto foreign = costs_.PutCostException(county_.As("chef-1490"), Exception("1490"));
  EXPECT_EQ(foreign.status(), NotThere("assignment", "a-1"));
  ASSERT_TRUE(costs_.PutCostException(county_.As("admin"), Exception("14")).ok());
  EXPECT_TRUE(costs_.PutCostException(county_.As("admin"), Exception("14")).ok()) << "the same again";
  EXPECT_EQ(rpc::ReasonOf(costs_.PutCostException(county_.As("admin"), Exception("1480")).status()),
            "COST_EXCEPTION_DIFFERS");
  EXPECT_EQ(Cost("chef-1480", kPast + 5000)->payer(), "14");
  EXPECT_EQ(Cost("chef-1480", kPast + 5000)->exception(), "e-1");
  EXPECT_EQ(Cost("chef-1480", kPast + 5000)->reason(), "enligt överenskommelse");
  EXPECT_EQ(Cost("chef-1480", kPast + 6000)->rule(), "otherwise");
}

TEST_F(CostsTest, OthersDoNotSeeWhoPays) {
  EXPECT_EQ(Cost("chef-1490", kPast).status(), NotThere("assignment", "a-1"));
  EXPECT_TRUE(Cost("hmc", kPast).ok()) << "the owner";
  EXPECT_EQ(rpc::ReasonOf(PutFacts("chef-1490", kPast, "14", "")), "UNKNOWN_ASSIGNMENT");
  EXPECT_EQ(rpc::ReasonOf(PutFacts("chef-1480", kPast, "99", "")), "INVALID_FIELD");
}

TEST_F(CostsTest, TheAuditHasNoDateOfBirth) {
  ASSERT_TRUE(PutFacts("chef-1480", kPast, "14", "1950-01-01").ok());
  EXPECT_EQ(county_.Ask("select count(*) from registry.changes where object = 'cost_facts'"), "1");
  EXPECT_EQ(county_.Ask("select count(*) from registry.changes where detail::text like '%1950-01%'"), "0");
}

}  // namespace
}  // namespace nara::registry
