// Providers, units and agreements on a real PostgreSQL, through the rules.
#include "device_registry/organisation/organisation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <thread>
#include <vector>

#include "common/rpc/error.h"
#include "device_registry/organisation/schema.h"
#include "device_registry/testing/county.h"

namespace nara::registry {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class OrganisationTest : public ::testing::Test {
 protected:
  OrganisationTest() { county_.Fill(); }

  template <typename T>
  static std::string Reason(const absl::StatusOr<T>& result) {
    return rpc::ReasonOf(result.status());
  }

  static v1::Provider Private(const std::vector<std::string>& principals) {
    v1::Provider provider;
    provider.set_id("omsorg-ab");
    for (const std::string& principal : principals) provider.add_principals(principal);
    provider.set_name("Omsorg i Väst AB");
    provider.set_organisation_number("5565594230");
    provider.set_hsa_id("SE5565594230-1");
    provider.set_activity(v1::PROVIDER_ACTIVITY_SOCIAL_CARE);
    provider.set_ownership(v1::OWNERSHIP_PRIVATE);
    return provider;
  }

  static v1::Unit HomeHelp() {
    v1::Unit unit;
    unit.set_id("hemtjanst-1");
    unit.set_principal("1480");
    unit.set_provider("omsorg-ab");
    unit.set_name("Hemtjänsten");
    unit.add_regimes(v1::REGIME_SOL);
    unit.set_kind(v1::UNIT_KIND_HOME_HELP);
    unit.set_hsa_id("SE5565594230-2");
    return unit;
  }

  absl::StatusOr<v1::Provider> Put(const std::string& who, const v1::Provider& provider) {
    v1::PutProviderRequest request;
    *request.mutable_provider() = provider;
    const auto response = county_.organisation().PutProvider(county_.As(who), request);
    if (!response.ok()) return response.status();
    return response->provider();
  }
  absl::StatusOr<v1::Unit> Put(const std::string& who, const v1::Unit& unit) {
    v1::PutUnitRequest request;
    *request.mutable_unit() = unit;
    const auto response = county_.organisation().PutUnit(county_.As(who), request);
    if (!response.ok()) return response.status();
    return response->unit();
  }
  absl::StatusOr<v1::Participation> Join(const std::string& who, const std::string& id, const std::string& agreement,
                                         std::int64_t start, std::int64_t end = 0, std::uint64_t revision = 0,
                                         const std::string& principal = "1480") {
    v1::PutParticipationRequest request;
    v1::Participation& participation = *request.mutable_participation();
    participation.set_id(id);
    participation.set_agreement(agreement);
    participation.set_principal(principal);
    *participation.mutable_start_at() = testing::At(start);
    if (end != 0) *participation.mutable_end_at() = testing::At(end);
    participation.set_revision(revision);
    const auto response = county_.organisation().PutParticipation(county_.As(who), request);
    if (!response.ok()) return response.status();
    return response->participation();
  }

  testing::County county_;
};

TEST_F(OrganisationTest, APrivateProviderIsOneOfItsOwn) {
  const auto made = Put("chef-1480", Private({"1480"}));
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_GT(made->revision(), 0u);
  EXPECT_TRUE(Put("chef-1480", HomeHelp()).ok());
  const auto seen = county_.organisation().ListProviders(county_.As("chef-1480"), {});
  ASSERT_EQ(seen->providers_size(), 2);
  EXPECT_EQ(seen->providers(0).SerializeAsString(), made->SerializeAsString());
  EXPECT_EQ(county_.organisation().ListProviders(county_.As("chef-1490"), {})->providers_size(), 1);
}

TEST_F(OrganisationTest, OneForSeveralPrincipalsIsChangedByWhoMayForEach) {
  EXPECT_EQ(Reason(Put("chef-1480", Private({"1480", "1490"}))), "UNKNOWN_PROVIDER");
  auto both = Put("admin", Private({"1490", "1480"}));
  ASSERT_TRUE(both.ok()) << both.status();
  EXPECT_THAT(both->principals(), ElementsAre("1480", "1490"));
  v1::Provider mine = *both;
  mine.clear_principals();
  mine.add_principals("1480");
  EXPECT_EQ(Reason(Put("chef-1480", mine)), "UNKNOWN_PROVIDER") << "it would take it from the other";
  EXPECT_TRUE(Put("admin", mine).ok());
}

TEST_F(OrganisationTest, AnEditNamesTheFormThatItWasMadeFrom) {
  const auto first = Put("chef-1480", Private({"1480"}));
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(Put("chef-1480", Private({"1480"}))->revision(), first->revision()) << "a retry";
  v1::Provider other = Private({"1480"});
  other.set_name("Annat namn");
  EXPECT_EQ(Reason(Put("chef-1480", other)), "PROVIDER_DIFFERS");
  other.set_revision(first->revision());
  const auto second = Put("chef-1480", other);
  ASSERT_TRUE(second.ok());
  EXPECT_GT(second->revision(), first->revision());
  EXPECT_EQ(Put("chef-1480", other)->revision(), second->revision()) << "a retry of the edit";
  other.set_name("Tredje namnet");
  EXPECT_EQ(Reason(Put("chef-1480", other)), "STALE_VERSION");
  EXPECT_TRUE(absl::IsAborted(Put("chef-1480", other).status()));
  v1::Provider nobody = Private({"1480"});
  nobody.set_id("nobody");
  nobody.set_revision(7);
  EXPECT_EQ(Reason(Put("chef-1480", nobody)), "UNKNOWN_PROVIDER");
  EXPECT_EQ(county_.Ask("select before ->> 'name' || ' -> ' || (detail ->> 'name') from registry.changes "
                        "where object = 'provider' and before is not null"),
            "Omsorg i Väst AB -> Annat namn");
}

TEST_F(OrganisationTest, OfManyEditsOfOneFormOneWins) {
  const auto first = Put("admin", Private({"1480"}));
  ASSERT_TRUE(first.ok());
  std::vector<std::string> reasons(8);
  {
    std::vector<std::jthread> callers;
    for (std::size_t i = 0; i < reasons.size(); ++i) {
      callers.emplace_back([&, i] {
        v1::Provider mine = *first;
        mine.set_name("Namn " + std::to_string(i));
        reasons[i] = Reason(Put("admin", mine));
      });
    }
  }
  EXPECT_EQ(std::count(reasons.begin(), reasons.end(), ""), 1);
  EXPECT_EQ(std::count(reasons.begin(), reasons.end(), "STALE_VERSION"), 7);
}

TEST_F(OrganisationTest, AUnitIsWithinItsPrincipalAndItsProvidersLaws) {
  EXPECT_EQ(Reason(Put("chef-1480", HomeHelp())), "UNKNOWN_PROVIDER");
  ASSERT_TRUE(Put("admin", Private({"1490"})).ok());
  EXPECT_EQ(Reason(Put("chef-1480", HomeHelp())), "UNKNOWN_PROVIDER") << "it works for another principal";
  v1::Provider provider = Private({"1480", "1490"});
  provider.set_revision(county_.organisation().ListProviders(county_.As("chef-1490"), {})->providers(0).revision());
  ASSERT_TRUE(Put("admin", provider).ok());
  v1::Unit unit = HomeHelp();
  unit.add_regimes(v1::REGIME_HSL);
  EXPECT_EQ(Reason(Put("chef-1480", unit)), "REGIME_OF_OTHER_PROVIDER");
  EXPECT_TRUE(Put("chef-1480", HomeHelp()).ok());
  EXPECT_THAT(county_.Try("update registry.units set principal = '14' where id = 'hemtjanst-1'"),
              HasSubstr("units_provider"));
}

TEST_F(OrganisationTest, AProviderKeepsItsUnits) {
  ASSERT_TRUE(Put("admin", Private({"1480", "1490"})).ok());
  ASSERT_TRUE(Put("chef-1480", HomeHelp()).ok());
  v1::Provider less = county_.organisation().ListProviders(county_.As("chef-1480"), {})->providers(0);
  less.clear_principals();
  less.add_principals("1490");
  EXPECT_EQ(Reason(Put("admin", less)), "PROVIDER_HAS_UNITS");
  less.add_principals("1480");
  less.set_activity(v1::PROVIDER_ACTIVITY_HEALTH_CARE);
  EXPECT_EQ(Reason(Put("admin", less)), "PROVIDER_HAS_UNITS");
  EXPECT_EQ(county_.Ask("select count(*) from registry.provider_principals where provider = 'omsorg-ab'"), "2");
}

TEST_F(OrganisationTest, AUnitStaysWithItsPrincipal) {
  v1::Unit unit = (*county_.store().FindUnits({"care-1480-1"}))["care-1480-1"];
  unit.set_name("Nytt namn");
  const auto stored = Put("chef-1480", unit);
  ASSERT_TRUE(stored.ok()) << stored.status();
  EXPECT_EQ(county_.Ask("select name from registry.units where id = 'care-1480-1'"), "Nytt namn");
  EXPECT_EQ(Reason(Put("care", unit)), "FORBIDDEN");
  unit.set_principal("1490");
  EXPECT_EQ(Reason(Put("chef-1480", unit)), "UNKNOWN_UNIT");
  EXPECT_EQ(Reason(Put("chef-1490", unit)), "UNIT_OF_OTHER_PRINCIPAL");
}

TEST_F(OrganisationTest, AnHsaIdIsOnesAlone) {
  ASSERT_TRUE(Put("chef-1480", Private({"1480"})).ok());
  ASSERT_TRUE(Put("chef-1480", HomeHelp()).ok());
  v1::Unit other = HomeHelp();
  other.set_id("hemtjanst-2");
  EXPECT_EQ(Reason(Put("chef-1480", other)), "HSA_ID_IN_USE");
  other.set_hsa_id("");
  EXPECT_TRUE(Put("chef-1480", other).ok());
}

TEST_F(OrganisationTest, ListsTheUnitsOfOnesPrincipal) {
  const auto seen = [&](const std::string& who) {
    std::vector<std::string> ids;
    const auto response = county_.organisation().ListUnits(county_.As(who), {});
    for (const v1::Unit& unit : response.value().units()) ids.push_back(unit.id());
    return ids;
  };
  EXPECT_THAT(seen("chef-1490"), ElementsAre("care-1490-1"));
  EXPECT_THAT(seen("care"), ElementsAre("alarm-1480", "care-1480-1", "care-1480-2"));
  EXPECT_EQ(seen("admin").size(), 5u);
}

TEST_F(OrganisationTest, TheAgreementsAreTheCatalogues) {
  const auto agreements = county_.organisation().ListAgreements(county_.As("care"), {});
  ASSERT_TRUE(agreements.ok());
  ASSERT_EQ(agreements->agreements_size(), 4);
  EXPECT_EQ(agreements->agreements(1).id(), "cooperation");
  EXPECT_TRUE(agreements->agreements(1).for_municipalities());
}

TEST_F(OrganisationTest, APrincipalTakesPartForAPeriod) {
  const auto joined = Join("chef-1480", "p-1", "cooperation", 1000);
  ASSERT_TRUE(joined.ok()) << joined.status();
  EXPECT_EQ(Join("chef-1480", "p-1", "cooperation", 1000)->revision(), joined->revision()) << "a retry";
  EXPECT_EQ(Reason(Join("chef-1480", "p-2", "cooperation", 2000)), "PARTICIPATION_OVERLAPS");
  EXPECT_TRUE(Join("chef-1480", "p-3", "basic_equipment", 2000).ok()) << "another agreement";
  ASSERT_TRUE(Join("chef-1480", "p-1", "cooperation", 1000, 2000, joined->revision()).ok());
  EXPECT_TRUE(Join("chef-1480", "p-2", "cooperation", 2000).ok());
  v1::ListParticipationsRequest request;
  request.set_agreement("cooperation");
  *request.mutable_at() = testing::At(1999);
  const auto then = county_.organisation().ListParticipations(county_.As("care"), request);
  ASSERT_EQ(then->participations_size(), 1);
  EXPECT_EQ(then->participations(0).id(), "p-1");
  EXPECT_EQ(county_.Ask("select count(*) from registry.participations_history where upper_inf(period)"), "1");
}

TEST_F(OrganisationTest, OnlyAPartyTakesPart) {
  EXPECT_EQ(Reason(Join("chef-1480", "p-1", "medical_technical", 1000)), "NOT_A_PARTY");
  EXPECT_TRUE(Join("admin", "p-2", "medical_technical", 1000, 0, 0, "14").ok());
  EXPECT_EQ(Reason(Join("chef-1480", "p-1", "no_such", 1000)), "UNKNOWN_AGREEMENT");
  EXPECT_EQ(Reason(Join("chef-1490", "p-1", "cooperation", 1000)), "UNKNOWN_PRINCIPAL");
  EXPECT_EQ(Reason(Join("chef-1480", "p-1", "cooperation", 1000, 1000)), "INVALID_FIELD");
  EXPECT_EQ(Reason(Join("chef-1480", "p-2", "basic_equipment", 1000)), "UNKNOWN_PARTICIPATION") << "the region's";
}

TEST_F(OrganisationTest, OfManyWhoJoinAtOnceOneDoes) {
  std::vector<std::string> reasons(6);
  {
    std::vector<std::jthread> callers;
    for (std::size_t i = 0; i < reasons.size(); ++i) {
      callers.emplace_back(
          [&, i] { reasons[i] = Reason(Join("admin", "p-" + std::to_string(i), "cooperation", 1000 + 10 * i)); });
    }
  }
  EXPECT_EQ(std::count(reasons.begin(), reasons.end(), ""), 1);
  EXPECT_EQ(std::count(reasons.begin(), reasons.end(), "PARTICIPATION_OVERLAPS"), 5);
}

TEST_F(OrganisationTest, UnitsOfBeforeKeepTheirProviders) {
  ASSERT_EQ(
      county_.Try("begin; create schema old; set search_path = old; "
                  "create table revision (value bigint); insert into revision values (7); "
                  "create table principals (id text primary key); insert into principals values ('14'), ('1480'); "
                  "create table units (id text primary key, principal text not null references principals, "
                  "  provider text not null, name text not null, regimes int[] not null); "
                  "insert into units values ('a', '14', 'Vård AB', 'A', '{1}'), ('b', '1480', 'Vård AB', 'B', '{1}'), "
                  "  ('c', '1480', 'hemtjanst', 'C', '{2,3}'), ('d', '1480', 'both', 'D', '{1}'), "
                  "  ('e', '1480', 'both', 'E', '{2}'), ('f', '1480', 'none', 'F', '{}'); " +
                  std::string(kOrganisationSchema) + " commit"),
      "");
  EXPECT_EQ(county_.Ask("select string_agg(id || ' ' || activity || ' ' || revision, ', ' order by id collate \"C\") "
                        "from old.providers"),
            "Vård AB 1 7, both 0 7, hemtjanst 2 7, none 0 7");
  EXPECT_EQ(county_.Ask("select count(*) from old.provider_principals where provider = 'Vård AB'"), "2");
  EXPECT_EQ(county_.Try("drop schema old cascade"), "");
}

}  // namespace
}  // namespace nara::registry
