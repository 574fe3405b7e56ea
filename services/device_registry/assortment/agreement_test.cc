#include "device_registry/assortment/agreement.h"

#include <gtest/gtest.h>

#include <string>

namespace nara::registry {
namespace {

// The agreement and the answers, "NEW: no, yes, no".
std::string Decided(YesNo in_assortment, YesNo health_care = YesNo::kUnknown, YesNo device = YesNo::kUnknown,
                    YesNo area = YesNo::kUnknown) {
  const AgreementDecision decision = Decide({in_assortment, health_care, device, area});
  std::string text = v1::Agreement_Name(decision.agreement).substr(10) + ":";
  for (const v1::AgreementAnswer& why : decision.why) text += " " + why.answer();
  return text;
}

constexpr YesNo kYes = YesNo::kYes;
constexpr YesNo kNo = YesNo::kNo;
constexpr YesNo kUnknown = YesNo::kUnknown;

TEST(Agreement, WhatIsInTheAssortmentHasOne) {
  EXPECT_EQ(Decided(kYes), "EXISTING: yes");
  EXPECT_EQ(Decided(kYes, kNo, kNo, kNo), "EXISTING: yes");
}

TEST(Agreement, WhatIsNotForHealthCareOrNoMedicalDeviceNeedsANewOne) {
  EXPECT_EQ(Decided(kNo, kNo, kYes, kYes), "NEW: no no");
  EXPECT_EQ(Decided(kNo, kYes, kNo, kYes), "NEW: no yes no");
}

TEST(Agreement, TheAreasOfTheCooperationAgreementDecideTheRest) {
  EXPECT_EQ(Decided(kNo, kYes, kYes, kYes), "EXISTING: no yes yes yes");
  EXPECT_EQ(Decided(kNo, kYes, kYes, kNo), "SUPPLEMENT: no yes yes no");
}

TEST(Agreement, WhatNobodyHasAnsweredDecidesNothing) {
  EXPECT_EQ(Decided(kUnknown, kYes, kYes, kYes), "UNSPECIFIED: unknown");
  EXPECT_EQ(Decided(kNo, kYes, kYes), "UNSPECIFIED: no yes yes unknown");
}

TEST(Agreement, SaysWhatWasAsked) {
  const AgreementDecision decision = Decide({kNo, kNo, kUnknown, kUnknown});
  ASSERT_EQ(decision.why.size(), 2u);
  EXPECT_EQ(decision.why[1].question(), "Is it for health care, by the maker's intended purpose?");
}

}  // namespace
}  // namespace nara::registry
