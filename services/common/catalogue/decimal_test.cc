#include "common/catalogue/decimal.h"

#include <gtest/gtest.h>

#include <string>

namespace nara {
namespace {

Decimal D(const std::string& text) {
  return Decimal::Parse(text).value();
}

std::string Divided(const std::string& value, const std::string& by, int decimals) {
  return D(value).DividedBy(D(by), decimals).value().ToString();
}

TEST(Decimal, KeepsTheDigitsThatWereSent) {
  for (const std::string text : {"0", "7.20", "138", "-0.5", "0.000", "123456789012345678", "0.12345678901234567"}) {
    EXPECT_EQ(D(text).ToString(), text);
  }
  EXPECT_EQ(D("-0").ToString(), "0");
}

TEST(Decimal, RefusesWhatIsNotInTheGrammar) {
  for (const std::string text : {"", "-", "+1", "01", "-01", ".5", "5.", "1e3", "1,5", " 1", "1 ", "1.2.3", "--1",
                                 "NaN", "inf", "0x10", "1.-2", "1.2-", "\xd9\xa1"}) {
    EXPECT_FALSE(Decimal::Parse(text).ok()) << text;
  }
  EXPECT_FALSE(Decimal::Parse(std::string_view("1\0", 2)).ok());
}

TEST(Decimal, RefusesFortyDigitsInsteadOfRounding) {
  EXPECT_FALSE(Decimal::Parse(std::string(40, '7')).ok());
  EXPECT_FALSE(Decimal::Parse("1." + std::string(39, '0')).ok());
  EXPECT_FALSE(Decimal::Parse("1234567890123456789").ok());
}

TEST(Decimal, ComparesByValue) {
  EXPECT_EQ(D("7.2"), D("7.20"));
  EXPECT_LT(D("-1"), D("0.001"));
}

TEST(Decimal, ComparesTheLargestWithTheFinest) {
  EXPECT_GT(D("999999999999999999"), D("0.99999999999999999"));
  EXPECT_LT(D("-999999999999999999"), D("0.00000000000000001"));
}

TEST(Decimal, TurnsMilligramsOfGlucoseToMillimoles) {
  EXPECT_EQ(Divided("100", "18.016", 2), "5.55");
  EXPECT_EQ(Divided("216", "18.016", 2), "11.99");
  EXPECT_EQ(Divided("500", "18.016", 2), "27.75");
  EXPECT_EQ(Divided("501", "18.016", 2), "27.81");
  EXPECT_EQ(Divided("0", "18.016", 2), "0.00");
}

TEST(Decimal, RoundsHalvesToEven) {
  EXPECT_EQ(Divided("0.125", "1", 2), "0.12");
  EXPECT_EQ(Divided("0.135", "1", 2), "0.14");
  EXPECT_EQ(Divided("-0.125", "1", 2), "-0.12");
  EXPECT_EQ(Divided("2.5", "1", 0), "2");
  EXPECT_EQ(Divided("3.5", "1", 0), "4");
  EXPECT_EQ(Divided("0.12500001", "1", 2), "0.13");
}

TEST(Decimal, Multiplies) {
  EXPECT_EQ(D("180").Times(D("0.45359237"), 2).value().ToString(), "81.65");
  EXPECT_EQ(D("7").Times(D("60"), 0).value().ToString(), "420");
}

TEST(Decimal, RefusesFactorsAndResultsThatDoNotFit) {
  EXPECT_FALSE(D("1").DividedBy(D("0"), 2).ok());
  EXPECT_FALSE(D("1").DividedBy(D("-2"), 2).ok());
  EXPECT_FALSE(D("1").Times(D("1234567890"), 2).ok());
  EXPECT_FALSE(D("1").Times(D("0.123456789"), 2).ok());
  EXPECT_FALSE(D("1").Times(D("2"), 7).ok());
  EXPECT_FALSE(D("1").Times(D("2"), -1).ok());
  EXPECT_FALSE(D("999999999999999999").Times(D("10"), 0).ok());
  EXPECT_FALSE(D("999999999999999999").DividedBy(D("0.00000001"), 6).ok());
}

}  // namespace
}  // namespace nara
