#include "tools/platform/reason.h"

#include <gtest/gtest.h>

namespace nara::tools {
namespace {

TEST(Reason, WhatIsNotPlainIsEncoded) {
  EXPECT_EQ(EncodeReason("Beslut 12 (50%)"), "Beslut 12 (50%25)");
  EXPECT_EQ(EncodeReason("åtgärd"), "%C3%A5tg%C3%A4rd");
}

TEST(Reason, IsReadAsItWasWritten) {
  for (const std::string text : {"", "åtgärd 7", "100 %", "%41", "a\"b\\c"}) {
    EXPECT_EQ(DecodeReason(EncodeReason(text)), text);
  }
}

TEST(Reason, ThatIsNotEncodedIsShownAsItCame) {
  EXPECT_EQ(DecodeReason("50 % of %zz, %4"), "50 % of %zz, %4");
}

TEST(Reason, ThatWouldMoveTheCursorIsShownAsItCame) {
  EXPECT_EQ(DecodeReason("%1B[2J"), "%1B[2J");
  EXPECT_EQ(DecodeReason("a%0Ab"), "a%0Ab");
}

TEST(Reason, ThatIsNoTextIsShownAsItCame) {
  EXPECT_EQ(DecodeReason("%C3"), "%C3");
  EXPECT_EQ(DecodeReason("%FF%FE"), "%FF%FE");
}

}  // namespace
}  // namespace nara::tools
