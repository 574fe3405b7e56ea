#include "device_registry/organisation/forms.h"

#include <gtest/gtest.h>

#include <string>

#include "common/rpc/error.h"

namespace nara::registry {
namespace {

TEST(OrganisationNumber, IsTenDigitsWithTheirCheckDigit) {
  // The region, a municipality, and the company that runs the directory.
  for (const std::string number : {"2321000131", "2120001355", "5565594230"}) {
    EXPECT_TRUE(ValidateOrganisationNumber(number).ok()) << number;
  }
  EXPECT_EQ(rpc::ReasonOf(ValidateOrganisationNumber("2321000132")), "WRONG_CHECK_DIGIT");
  for (const std::string number : {"", "232100-0131", "232100013", "23210001310", "232100013a"}) {
    EXPECT_EQ(rpc::ReasonOf(ValidateOrganisationNumber(number)), "INVALID_FIELD") << number;
  }
}

TEST(OrganisationNumber, IsNoPersonalNumber) {
  EXPECT_EQ(rpc::ReasonOf(ValidateOrganisationNumber("9001019802")), "INVALID_FIELD");
}

TEST(Unit, WorksUnderKnownRegimesEachOnce) {
  const Catalogue catalogue = Catalogue::Load(NARA_CATALOGUE).value();
  v1::Unit unit;
  unit.set_id("care-1");
  unit.set_principal("1480");
  unit.set_provider("p");
  unit.set_name("n");
  EXPECT_TRUE(Validate(unit, catalogue).ok());
  unit.add_regimes(v1::REGIME_HSL);
  unit.add_regimes(v1::REGIME_HSL);
  EXPECT_FALSE(Validate(unit, catalogue).ok());
  unit.set_regimes(1, static_cast<v1::Regime>(77));
  EXPECT_FALSE(Validate(unit, catalogue).ok());
}

TEST(HsaId, BeginsWithAnOrganisationNumber) {
  for (const std::string id : {"SE2321000131-E000000000001", "SE165565594230-1000", "SE2120001355-A"}) {
    EXPECT_TRUE(ValidateHsaId(id).ok()) << id;
  }
  for (const std::string id :
       {"", "SE", "2321000131-1", "SE2321000132-1", "SE2321000131", "SE2321000131-", "SE2321000131-å", "SE2321000131-a",
        "SE2321000131-1234567890123456789", "NO2321000131-1", "SE-1", "SE172321000131-1"}) {
    EXPECT_EQ(rpc::ReasonOf(ValidateHsaId(id)), "INVALID_FIELD") << id;
  }
}

}  // namespace
}  // namespace nara::registry
