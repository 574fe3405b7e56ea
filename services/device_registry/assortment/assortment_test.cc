// What there is, and what each principal has chosen, on a real PostgreSQL.
#include "device_registry/assortment/assortment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "common/rpc/error.h"
#include "device_registry/testing/county.h"

namespace nara::registry {
namespace {

using testing::At;
using ::testing::ElementsAre;

template <typename T>
std::string Reason(const absl::StatusOr<T>& result) {
  return result.ok() ? "" : rpc::ReasonOf(result.status());
}

class AssortmentTest : public ::testing::Test {
 protected:
  AssortmentTest() { county_.Fill(); }

  absl::StatusOr<v1::ProductChoice> Put(const std::string& who, const std::string& principal,
                                        const std::string& product, std::int64_t from, std::int64_t until = 0,
                                        std::uint64_t revision = 0) {
    v1::PutAssortmentRequest request;
    v1::ProductChoice& choice = *request.mutable_choice();
    choice.set_principal(principal);
    choice.set_product(product);
    *choice.mutable_from() = At(from);
    if (until != 0) *choice.mutable_until() = At(until);
    choice.set_revision(revision);
    auto stored = county_.assortment().PutAssortment(county_.As(who), request);
    if (!stored.ok()) return stored.status();
    return std::move(*stored->mutable_choice());
  }

  std::map<std::string, v1::Product> Products(const std::string& who, const std::string& principal = "",
                                              bool usable_only = false) {
    v1::ListProductsRequest request;
    request.set_principal(principal);
    request.set_usable_only(usable_only);
    std::map<std::string, v1::Product> products;
    const auto response = county_.assortment().ListProducts(county_.As(who), request);
    for (const v1::Product& product : response->products()) {
      products[product.id()] = product;
    }
    return products;
  }

  std::string Register(const std::string& id, const std::string& product, v1::OwnerKind kind = {}) {
    v1::RegisterDevicesRequest request;
    v1::Device& device = *request.add_devices();
    device.set_id(id);
    device.set_product(product);
    device.set_owner("1480");
    device.set_fallback_unit("alarm-1480");
    device.set_owner_kind(kind);
    return Reason(county_.registry().RegisterDevices(county_.As("chef-1480"), request));
  }

  testing::County county_;
};

TEST_F(AssortmentTest, SaysWhatThereIsAndWhatIsNotKnown) {
  const auto products = Products("care");
  const v1::Product& evondos = products.at("evondos");
  EXPECT_EQ(evondos.name_sv(), "Evondos med administrationstjänst");
  EXPECT_EQ(evondos.iso9999_edition(), "2011");
  EXPECT_THAT(evondos.legal_bases(), ElementsAre(v1::REGIME_HSL));
  EXPECT_THAT(evondos.alarm_kinds(), ::testing::Contains("dose_missed"));
  EXPECT_THAT(evondos.alarm_kinds(), ::testing::Not(::testing::Contains("dose_taken")));
  ASSERT_EQ(evondos.prices_size(), 1);
  EXPECT_EQ(evondos.prices(0).total(), "2992");
  EXPECT_TRUE(evondos.prices(0).monthly());
  EXPECT_EQ(evondos.prices(0).support(), "") << "the source does not part it";
  EXPECT_EQ(evondos.agreement(), v1::AGREEMENT_EXISTING);
  ASSERT_EQ(evondos.why_size(), 1);
  EXPECT_EQ(evondos.why(0).answer(), "yes");
  EXPECT_EQ(evondos.medical_device().device_class(), "") << "not known";
  EXPECT_EQ(products.at("bp-meter").prices_size(), 0) << "not known";
  EXPECT_FALSE(products.at("bp-meter").has_instruction());
  EXPECT_TRUE(products.at("scale").has_instruction());
}

TEST_F(AssortmentTest, WhatStandsAloneHasNoContactInterval) {
  const auto products = Products("watch");
  EXPECT_FALSE(products.at("dosell-simple").connected());
  EXPECT_FALSE(products.at("dosell-simple").has_contact_interval());
  EXPECT_EQ(products.at("dosell-service").contact_interval().seconds(), 900);
}

TEST_F(AssortmentTest, WhoHasChosenNothingMayHaveEverything) {
  EXPECT_TRUE(Products("chef-1480").at("evondos").usable());
  EXPECT_EQ(Register("d-1", "scale"), "");
  ASSERT_TRUE(Put("chef-1480", "1480", "evondos", 1000).ok());
  EXPECT_TRUE(Products("chef-1480").at("evondos").usable());
  EXPECT_FALSE(Products("chef-1480").at("scale").usable());
  EXPECT_TRUE(Products("chef-1490").at("scale").usable()) << "another principal's choice";
  EXPECT_EQ(Products("chef-1480", "", true).size(), 1u);
  EXPECT_TRUE(Products("chef-1490", "1480").at("evondos").has_choice()) << "no secret";
}

TEST_F(AssortmentTest, WhatIsNotChosenIsNeitherRegisteredNorAssigned) {
  ASSERT_EQ(Register("d-1", "scale"), "");
  ASSERT_TRUE(Put("chef-1480", "1480", "evondos", 1000).ok());
  EXPECT_EQ(Register("d-2", "scale"), "PRODUCT_NOT_CHOSEN");
  EXPECT_EQ(Register("d-1", "scale"), "") << "the same again is no error";
  EXPECT_EQ(Register("d-2", "evondos"), "");
  EXPECT_EQ(Reason(county_.Assign("a-1", "bp-0001", "r-1")), "PRODUCT_NOT_CHOSEN");
  EXPECT_TRUE(county_.Assign("a-1", "disp-0001", "r-1").ok());
}

TEST_F(AssortmentTest, AChoiceHoldsInItsPeriod) {
  ASSERT_TRUE(Put("chef-1480", "1480", "evondos", 1000, 2000).ok());
  EXPECT_FALSE(Products("chef-1480").at("evondos").usable());
  EXPECT_EQ(Register("d-1", "evondos"), "PRODUCT_NOT_CHOSEN");
  EXPECT_EQ(Reason(county_.Assign("a-1", "disp-0001", "r-1")), "PRODUCT_NOT_CHOSEN");
  EXPECT_TRUE(county_.Assign("a-1", "disp-0001", "r-1", 1500).ok()) << "then it did";
}

TEST_F(AssortmentTest, AChoiceMadeAheadOfTimeTakesNothingAwayBefore) {
  constexpr std::int64_t kYear2100 = 4'102'444'800;
  ASSERT_TRUE(Put("chef-1480", "1480", "evondos", kYear2100).ok());
  EXPECT_TRUE(Products("chef-1480").at("scale").usable());
  EXPECT_TRUE(Products("chef-1480").at("evondos").usable());
  EXPECT_EQ(Register("d-1", "scale"), "");
  EXPECT_TRUE(county_.Assign("a-1", "bp-0001", "r-1").ok());
  ASSERT_TRUE(Put("chef-1480", "1480", "dosell-simple", 1000).ok());
  EXPECT_FALSE(Products("chef-1480").at("evondos").usable()) << "it has begun to choose";
  EXPECT_EQ(Register("d-2", "evondos"), "PRODUCT_NOT_CHOSEN");
}

TEST_F(AssortmentTest, AChangeNamesTheVersionThatItStartedFromAndIsRemembered) {
  const auto first = Put("chef-1480", "1480", "evondos", 1000);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(Put("chef-1480", "1480", "evondos", 1000)->revision(), first->revision()) << "the same again";
  EXPECT_EQ(Reason(Put("chef-1480", "1480", "evondos", 1000, 9000)), "STALE_VERSION");
  const auto second = Put("chef-1480", "1480", "evondos", 1000, 9000, first->revision());
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(Reason(Put("chef-1480", "1480", "evondos", 1000, 8000, first->revision())), "STALE_VERSION");
  EXPECT_EQ(county_.Ask("select superseded_by from registry.assortment_history"), std::to_string(second->revision()));
}

TEST_F(AssortmentTest, APrincipalChoosesForItself) {
  EXPECT_EQ(Reason(Put("chef-1490", "1480", "evondos", 1000)), "UNKNOWN_PRINCIPAL");
  EXPECT_EQ(Reason(Put("care", "1480", "evondos", 1000)), "FORBIDDEN");
  EXPECT_EQ(Reason(Put("admin", "9999", "evondos", 1000)), "UNKNOWN_PRINCIPAL");
  EXPECT_EQ(Reason(Put("chef-1480", "1480", "no-product", 1000)), "INVALID_FIELD");
  EXPECT_EQ(Reason(Put("chef-1480", "1480", "evondos", 1000, 1000)), "INVALID_FIELD");
  v1::PutAssortmentRequest request;
  request.mutable_choice()->set_principal("1480");
  request.mutable_choice()->set_product("evondos");
  EXPECT_EQ(Reason(county_.assortment().PutAssortment(county_.As("chef-1480"), request)), "INVALID_FIELD");
}

TEST_F(AssortmentTest, OwnerKindsAreKept) {
  EXPECT_EQ(Register("d-1", "scale", v1::OWNER_KIND_UNITS_EQUIPMENT), "");
  EXPECT_EQ(Register("d-1", "scale", v1::OWNER_KIND_RESIDENTS), "DEVICE_DIFFERS");
  EXPECT_EQ(Register("d-2", "scale", static_cast<v1::OwnerKind>(99)), "INVALID_FIELD");
}

TEST_F(AssortmentTest, PagesThroughProducts) {
  v1::ListProductsRequest request;
  request.set_page_size(3);
  std::vector<std::string> ids;
  do {
    const auto page = county_.assortment().ListProducts(county_.As("admin"), request);
    ASSERT_TRUE(page.ok()) << page.status();
    for (const v1::Product& product : page->products()) ids.push_back(product.id());
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  EXPECT_EQ(ids.size(), county_.catalogue().products().size());
  request.set_principal("9999");
  EXPECT_EQ(Reason(county_.assortment().ListProducts(county_.As("admin"), request)), "UNKNOWN_PRINCIPAL");
}

}  // namespace
}  // namespace nara::registry
