// Numbers: from the tax agency's list of test numbers (personal), from the region's
// specification (reserve), and made from a test number's range (coordination).
#include "device_registry/residents/personal_number.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "common/rpc/error.h"

namespace nara::registry {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr absl::CivilDay kToday(2026, 2, 17);

std::string NumberOf(const std::string& text) {
  const auto parsed = ParsePersonalNumber(text, kToday);
  return parsed.ok() ? parsed->number : rpc::ReasonOf(parsed.status());
}

TEST(PersonalNumber, EveryUsualFormIsTheSameNumber) {
  for (const std::string text : {"189001019802", "18900101-9802", "900101+9802"}) {
    EXPECT_EQ(NumberOf(text), "189001019802") << text;
  }
  for (const std::string text : {"199001012385", "19900101-2385", "900101-2385", "9001012385"}) {
    EXPECT_EQ(NumberOf(text), "199001012385") << text;
  }
}

TEST(PersonalNumber, TellsTheDayOfBirth) {
  const auto personal = ParsePersonalNumber("189001029819", kToday);
  ASSERT_TRUE(personal.ok());
  EXPECT_EQ(personal->kind, v1::NUMBER_KIND_PERSONAL);
  EXPECT_EQ(personal->born, absl::CivilDay(1890, 1, 2));
  const auto coordination = ParsePersonalNumber("199001612382", kToday);
  ASSERT_TRUE(coordination.ok()) << coordination.status();
  EXPECT_EQ(coordination->kind, v1::NUMBER_KIND_COORDINATION);
  EXPECT_EQ(coordination->born, absl::CivilDay(1990, 1, 1));
}

TEST(PersonalNumber, ACoordinationNumberMayLeaveTheDayOpen) {
  const auto open = ParsePersonalNumber("199001602383", kToday);
  ASSERT_TRUE(open.ok()) << open.status();
  EXPECT_EQ(open->kind, v1::NUMBER_KIND_COORDINATION);
  EXPECT_FALSE(open->born.has_value());
}

TEST(PersonalNumber, KnowsTheRegionsReserveNumbers) {
  for (const std::string text : {"19810829M071", "19450829K088", "19930829X802", "19810829-M071"}) {
    const auto reserve = ParsePersonalNumber(text, kToday);
    ASSERT_TRUE(reserve.ok()) << text;
    EXPECT_EQ(reserve->kind, v1::NUMBER_KIND_RESERVE);
    EXPECT_TRUE(reserve->born.has_value());
  }
  EXPECT_EQ(NumberOf("19810829M072"), "WRONG_CHECK_DIGIT");
  EXPECT_EQ(NumberOf("19810829A071"), "INVALID_FIELD");
  EXPECT_EQ(NumberOf("19811329M071"), "INVALID_FIELD");
}

TEST(PersonalNumber, EveryOtherCheckDigitIsWrong) {
  for (char digit = '0'; digit <= '9'; ++digit) {
    if (digit == '2') continue;
    EXPECT_EQ(NumberOf(std::string("18900101980") + digit), "WRONG_CHECK_DIGIT");
  }
}

TEST(PersonalNumber, WhatIsNoNumberIsRefused) {
  for (const std::string text : {"", "-", "1", "18900101980", "1890010198022", "18900101 9802", "18900101+9802",
                                 "189013019802", "189002309802", "189001009802", "209001019802", "170001019802",
                                 "ABCDEFGHIJKL", "900101*9802", "18900101-980\n", "189000602389"}) {
    EXPECT_EQ(NumberOf(text), "INVALID_FIELD") << text;
  }
}

TEST(PersonalNumber, AnErrorDoesNotRepeatIt) {
  for (const std::string text : {"189001019803", "189001019", "18900101X803"}) {
    const absl::Status status = ParsePersonalNumber(text, kToday).status();
    EXPECT_FALSE(status.ok());
    EXPECT_THAT(status.ToString(), Not(HasSubstr(text)));
  }
}

}  // namespace
}  // namespace nara::registry
