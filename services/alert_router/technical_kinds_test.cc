// What the platform raises has words for people: its list and the catalogue's agree.
#include "alert_router/technical_kinds.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

#include "alert_router/moves.h"
#include "common/catalogue/catalogue.h"

namespace nara::alert {
namespace {

using ::testing::ElementsAreArray;

// Kinds that raise an alert and that no product sends.
std::set<std::string> OwnKinds(const Catalogue& catalogue) {
  std::set<std::string> own;
  for (const auto& [id, kind] : catalogue.kinds()) {
    const bool sent = std::any_of(catalogue.products().begin(), catalogue.products().end(),
                                  [&](const auto& product) { return product.second.Sends(id); });
    if (kind.raises && !sent) own.insert(id);
  }
  return own;
}

TEST(TechnicalKinds, AreTheKindsOfTheCatalogueThatRaiseAndThatNoProductSends) {
  const auto catalogue = Catalogue::Load(NARA_CATALOGUE_DIR);
  ASSERT_TRUE(catalogue.ok()) << catalogue.status();
  const std::set<std::string> raised(kTechnicalKinds.begin(), kTechnicalKinds.end());
  EXPECT_EQ(raised.size(), kTechnicalKinds.size());
  EXPECT_THAT(OwnKinds(*catalogue), ElementsAreArray(raised));
}

TEST(TechnicalKinds, RingAsLongAsTheCatalogueSaysAndHaveNamesOfTheirOwn) {
  const auto catalogue = Catalogue::Load(NARA_CATALOGUE_DIR);
  ASSERT_TRUE(catalogue.ok()) << catalogue.status();
  std::set<std::string> names;
  for (const char* id : kTechnicalKinds) {
    const Kind* kind = catalogue->FindKind(id);
    ASSERT_NE(kind, nullptr) << id;
    EXPECT_TRUE(kind->raises && kind->alarm && !kind->care) << id;
    EXPECT_EQ(kind->alarm_for, kTechnicalFor) << id;
    EXPECT_TRUE(names.insert(kind->name.sv).second && names.insert(kind->name.en).second) << id;
  }
}

}  // namespace
}  // namespace nara::alert
