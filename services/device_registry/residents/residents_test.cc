// Identities on a real PostgreSQL, through the rules. The numbers are the tax agency's
// test numbers and the examples of the region's reserve numbers.
#include "device_registry/residents/residents.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <thread>
#include <vector>

#include "common/rpc/error.h"
#include "device_registry/testing/county.h"
#include "device_registry/testing/identities.h"

namespace nara::registry {
namespace {

using ::testing::ElementsAre;
using testing::IdentityOf;
using ::testing::IsEmpty;
using testing::kAda;
using testing::kBo;

class ResidentsTest : public ::testing::Test, protected testing::Identities {
 protected:
  ResidentsTest() : Identities(county_) { county_.Fill(); }

  testing::County county_;
};

TEST_F(ResidentsTest, WhoAnswersForAResidentSeesWhoItIs) {
  ASSERT_TRUE(Register("chef-1480", "r-ada", IdentityOf(kAda, "Ada Test")).ok());
  const auto seen = Get("chef-1480", "r-ada");
  ASSERT_TRUE(seen.ok()) << seen.status();
  EXPECT_EQ(seen->identity_state(), v1::IDENTITY_STATE_SHOWN);
  EXPECT_EQ(seen->identity().number(), kAda);
  EXPECT_EQ(seen->identity().name(), "Ada Test");
  EXPECT_EQ(seen->identity().birth_date(), "1890-01-01");
  EXPECT_EQ(seen->identity().number_kind(), v1::NUMBER_KIND_PERSONAL);
  EXPECT_EQ(seen->identity().registered_municipality(), "1480");
}

TEST_F(ResidentsTest, AUnitSeesWhomItAnswersForAndNobodyElse) {
  ASSERT_TRUE(Register("chef-1480", "r-ada", IdentityOf(kAda, "Ada Test")).ok());
  EXPECT_EQ(Reason(Get("care", "r-ada")), "UNKNOWN_RESIDENT");
  ASSERT_TRUE(county_.Assign("a-1", "disp-0001", "r-ada").ok());
  EXPECT_EQ(Get("care", "r-ada")->identity().name(), "Ada Test");
  EXPECT_EQ(Reason(Get("centre-1480", "r-ada")), "FORBIDDEN") << "an alarm centre has no register to look into";
  EXPECT_EQ(Get("chef-1490", "r-ada").status(), NotThere("resident", "r-ada"));
  EXPECT_EQ(Get("chef-1490", "r-nobody").status(), NotThere("resident", "r-nobody"));
  EXPECT_EQ(Reason(Get("watch", "r-ada")), "FORBIDDEN");
  EXPECT_EQ(Reason(Get("hmc", "r-ada")), "FORBIDDEN");
}

TEST_F(ResidentsTest, TheAdministratorArrangesWithoutKnowing) {
  ASSERT_TRUE(Register("admin", "r-ada", IdentityOf(kAda, "Ada Test")).ok());
  const auto seen = Get("admin", "r-ada");
  ASSERT_TRUE(seen.ok());
  EXPECT_EQ(seen->identity_state(), v1::IDENTITY_STATE_HIDDEN);
  EXPECT_FALSE(seen->has_identity());
  EXPECT_EQ(Reason(FindIds("admin", kAda)), "FORBIDDEN");
  EXPECT_EQ(Get("admin", "r-1")->identity_state(), v1::IDENTITY_STATE_NONE);
}

TEST_F(ResidentsTest, ANumberFindsItsResidentInEveryForm) {
  ASSERT_TRUE(Register("chef-1480", "r-ada", IdentityOf("18900101-9802", "Ada Test")).ok());
  for (const std::string number : {"189001019802", "18900101-9802", "900101+9802"}) {
    EXPECT_THAT(FindIds("chef-1480", number).value(), ElementsAre("r-ada")) << number;
  }
  EXPECT_THAT(FindIds("chef-1490", kAda).value(), IsEmpty());
  EXPECT_THAT(FindIds("chef-1480", kBo).value(), IsEmpty());
  EXPECT_EQ(Reason(FindIds("chef-1480", "189001019803")), "WRONG_CHECK_DIGIT");
}

TEST_F(ResidentsTest, ANumberIsOnePersonsInEachRegister) {
  ASSERT_TRUE(Register("chef-1480", "r-ada", IdentityOf(kAda, "Ada Test")).ok());
  EXPECT_EQ(Reason(Register("chef-1480", "r-other", IdentityOf(kAda, "Ada Annan"))), "NUMBER_IN_USE");
  EXPECT_EQ(county_.Ask("select count(*) from registry.residents where id = 'r-other'"), "0") << "nothing half";
  EXPECT_TRUE(Register("chef-1490", "r-there", IdentityOf(kAda, "Ada Test")).ok()) << "another principal's register";
  ASSERT_TRUE(Register("chef-1480", "r-bo", IdentityOf(kBo, "Bo Test")).ok());
  EXPECT_EQ(Reason(Update("chef-1480", "r-bo", IdentityOf(kAda, ""), {"number"})), "NUMBER_IN_USE");
}

TEST_F(ResidentsTest, OfManyWhoRegisterANumberAtOnceOneDoes) {
  std::vector<std::string> reasons(6);
  {
    std::vector<std::jthread> callers;
    for (std::size_t i = 0; i < reasons.size(); ++i) {
      callers.emplace_back([&, i] {
        reasons[i] = Reason(Register("chef-1480", "r-race-" + std::to_string(i), IdentityOf(kAda, "Ada Test")));
      });
    }
  }
  EXPECT_EQ(std::count(reasons.begin(), reasons.end(), ""), 1);
  EXPECT_EQ(std::count(reasons.begin(), reasons.end(), "NUMBER_IN_USE"), 5);
}

TEST_F(ResidentsTest, ARetryIsNoSecondResident) {
  const auto first = Register("chef-1480", "r-ada", IdentityOf(kAda, "Ada Test"));
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(Register("chef-1480", "r-ada", IdentityOf(kAda, "Ada Test")).value(), *first);
  EXPECT_EQ(Reason(Register("chef-1480", "r-ada", IdentityOf(kAda, "Ada Annan"))), "RESIDENT_DIFFERS");
  EXPECT_EQ(Reason(Register("chef-1490", "r-ada", IdentityOf(kAda, "Ada Test"))), "RESIDENT_ID_TAKEN");
  EXPECT_FALSE(Register("chef-1480", "", IdentityOf(kBo, "Bo Test")).status().message().size()) << "given an id";
}

TEST_F(ResidentsTest, AResidentKnownByItsIdAloneGetsAnIdentityLater) {
  EXPECT_EQ(Get("chef-1480", "r-1")->identity_state(), v1::IDENTITY_STATE_NONE);
  ASSERT_TRUE(Register("chef-1480", "r-1", IdentityOf("19810829M071", "Okänd Man")).ok());
  EXPECT_EQ(Get("chef-1480", "r-1")->identity().number_kind(), v1::NUMBER_KIND_RESERVE);
}

TEST_F(ResidentsTest, AReserveNumberIsReplacedByTheRightOne) {
  const auto made = Register("chef-1480", "r-x", IdentityOf("19810829M071", "Okänd Man"));
  ASSERT_TRUE(made.ok());
  v1::Identity change = IdentityOf(kBo, "Bo Test");
  const auto updated = Update("chef-1480", "r-x", change, {"number", "name"}, *made);
  ASSERT_TRUE(updated.ok()) << updated.status();
  EXPECT_GT(*updated, *made);
  EXPECT_THAT(FindIds("chef-1480", kBo).value(), ElementsAre("r-x"));
  EXPECT_THAT(FindIds("chef-1480", "19810829M071").value(), IsEmpty());
  EXPECT_EQ(Update("chef-1480", "r-x", change, {"number", "name"}, *made).value(), *updated) << "a retry";
  change.set_name("Bo Annan");
  EXPECT_EQ(Reason(Update("chef-1480", "r-x", change, {"name"}, *made)), "STALE_VERSION");
  EXPECT_EQ(Reason(Update("chef-1480", "r-x", change, {"birth_date"}, *updated)), "INVALID_FIELD");
  EXPECT_EQ(Reason(Update("chef-1480", "r-x", change, {}, *updated)), "INVALID_FIELD");
  EXPECT_EQ(Reason(Update("chef-1490", "r-x", change, {"name"}, *updated)), "UNKNOWN_RESIDENT");
  EXPECT_EQ(Reason(Update("chef-1480", "r-2", change, {"name"})), "NO_IDENTITY");
}

TEST_F(ResidentsTest, WhatIsNoIdentityIsRefused) {
  EXPECT_EQ(Reason(Register("chef-1480", "r-x", IdentityOf("189001019803", "Ada"))), "WRONG_CHECK_DIGIT");
  EXPECT_EQ(Reason(Register("chef-1480", "r-x", IdentityOf(kAda, ""))), "INVALID_FIELD");
  EXPECT_EQ(Reason(Register("chef-1480", "r-x", IdentityOf(kAda, "Ada", v1::PROTECTION_UNSPECIFIED))), "INVALID_FIELD");
  v1::Identity abroad = IdentityOf(kAda, "Ada");
  abroad.set_registered_municipality("Göteborg");
  EXPECT_EQ(Reason(Register("chef-1480", "r-x", abroad)), "INVALID_FIELD");
  EXPECT_EQ(Reason(Register("chef-1490", "r-x", IdentityOf(kAda, "Ada"), "1480")), "UNKNOWN_PRINCIPAL");
  EXPECT_EQ(Reason(Register("care", "r-x", IdentityOf(kAda, "Ada"), "1480")), "FORBIDDEN");
}

TEST_F(ResidentsTest, ANumberIsNoOpaqueId) {
  EXPECT_EQ(Reason(Register("chef-1480", kAda, IdentityOf(kAda, "Ada Test"))), "INVALID_FIELD");
  v1::CreateResidentRequest request;
  request.set_principal("1480");
  request.set_resident("18900101-9802");
  EXPECT_EQ(Reason(county_.registry().CreateResident(county_.As("chef-1480"), request)), "INVALID_FIELD");
}

TEST_F(ResidentsTest, ListsThoseOfOnesPrincipalPageByPage) {
  ASSERT_TRUE(Register("chef-1480", "r-ada", IdentityOf(kAda, "Ada Test")).ok());
  v1::ListResidentsRequest request;
  request.set_page_size(2);
  auto page = county_.residents().ListResidents(county_.As("chef-1480"), request);
  ASSERT_EQ(page->residents_size(), 2);
  EXPECT_EQ(page->residents(0).id(), "r-1");
  request.set_page_token(page->next_page_token());
  page = county_.residents().ListResidents(county_.As("chef-1480"), request);
  ASSERT_EQ(page->residents_size(), 1);
  EXPECT_EQ(page->residents(0).identity().name(), "Ada Test");
  EXPECT_EQ(page->next_page_token(), "");
  EXPECT_EQ(county_.residents().ListResidents(county_.As("care"), {})->residents_size(), 0);
  EXPECT_EQ(Reason(county_.residents().ListResidents(county_.As("watch"), {})), "FORBIDDEN");
}

TEST_F(ResidentsTest, EveryLookIsRemembered) {
  ASSERT_TRUE(Register("chef-1480", "r-ada", IdentityOf(kAda, "Ada Test")).ok());
  Caller caller = county_.As("chef-1480");
  caller.reason = "ringer tillbaka";
  v1::GetResidentRequest request;
  request.set_resident("r-ada");
  ASSERT_TRUE(county_.residents().GetResident(caller, request).ok());
  ASSERT_TRUE(FindIds("chef-1480", kAda).ok());
  ASSERT_TRUE(county_.residents().ListResidents(county_.As("chef-1480"), {}).ok());
  ASSERT_TRUE(Get("admin", "r-ada").ok());
  EXPECT_EQ(county_.Ask("select count(*) || ' ' || count(distinct actor) || ' ' || max(reason) "
                        "from registry.identity_reads where resident = 'r-ada' and shown"),
            "3 1 ringer tillbaka");
}

TEST_F(ResidentsTest, KeysAreRotatedPieceByPiece) {
  for (int i = 0; i < 5; ++i) {
    const std::string n = std::to_string(i);
    const std::vector<std::string> numbers = {kAda, kBo, "19810829M071", "19450829K088", "19930829X802"};
    ASSERT_TRUE(Register("chef-1480", "r-" + n + "x", IdentityOf(numbers[i], "Namn " + n)).ok());
  }
  v1::PutStaffRequest staff;
  staff.mutable_staff()->set_id("s-1");
  staff.mutable_staff()->set_principal("1480");
  staff.mutable_staff()->set_name("Kerstin");
  ASSERT_TRUE(county_.organisation().PutStaff(county_.As("chef-1480"), staff).ok());
  county_.UseKeys(testing::KeysOf({"k2", "k1"}));
  EXPECT_EQ(Get("chef-1480", "r-0x")->identity().name(), "Namn 0") << "the older key still opens";
  EXPECT_EQ(Rotate("admin", 4).value(), "k2 4 2");
  EXPECT_EQ(Rotate("admin", 4).value(), "k2 2 0");
  EXPECT_EQ(Rotate("admin", 4).value(), "k2 0 0");
  county_.UseKeys(testing::KeysOf({"k2"}));
  EXPECT_EQ(Get("chef-1480", "r-4x")->identity().name(), "Namn 4");
  EXPECT_EQ(county_.organisation().ListStaff(county_.As("chef-1480"), {})->staff(0).name(), "Kerstin");
  EXPECT_THAT(FindIds("chef-1480", kAda).value(), ElementsAre("r-0x"));
  EXPECT_EQ(Reason(Rotate("chef-1480", 4)), "FORBIDDEN");
  EXPECT_EQ(Reason(Rotate("admin", 1001)), "INVALID_FIELD");
}

TEST_F(ResidentsTest, NothingStartsWithoutTheKeysThatAreInUse) {
  ASSERT_TRUE(Register("chef-1480", "r-ada", IdentityOf(kAda, "Ada Test")).ok());
  county_.UseKeys(testing::KeysOf({"k2"}));
  EXPECT_TRUE(absl::IsFailedPrecondition(county_.resident_store().Prepare()));
  EXPECT_EQ(Reason(Get("chef-1480", "r-ada")), "IDENTITY_KEY_MISSING");
  county_.UseKeys(IdentityKeys::Parse("search:" + std::string(64, '6') + "\nk1:" + TokenHash("k1") + "\n").value());
  EXPECT_TRUE(absl::IsFailedPrecondition(county_.resident_store().Prepare())) << "another key for searching";
  county_.UseKeys(testing::KeysOf({"k2", "k1"}));
  EXPECT_TRUE(county_.resident_store().Prepare().ok());
}

}  // namespace
}  // namespace nara::registry
