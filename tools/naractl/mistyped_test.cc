#include "tools/naractl/mistyped.h"

#include <gtest/gtest.h>

namespace nara::naractl {
namespace {

std::string Said(const std::string& line) {
  CLI::App app("", "naractl");
  app.require_subcommand(1);
  app.fallthrough();
  app.add_flag("--json");
  CLI::App& unit = *app.add_subcommand("unit");
  unit.require_subcommand(1);
  unit.add_subcommand("list")->add_option("--principal");
  unit.add_subcommand("put")->add_option("id")->required();
  app.add_subcommand("device");
  try {
    app.parse(line);
  } catch (const CLI::ParseError&) {
    return MistypedOf(app);
  }
  return "understood";
}

TEST(Mistyped, ACommandIsNamedWithTheNearestOne) {
  EXPECT_EQ(Said("unti list --principal 1480"), "unknown command 'unti': did you mean 'unit'?");
  EXPECT_EQ(Said("unit lst"), "unknown command of unit 'lst': did you mean 'list'?");
}

TEST(Mistyped, ACommandThatIsLikeNoneIsNamedWithThoseThatThereAre) {
  EXPECT_EQ(Said("chains"), "unknown command 'chains'; there are unit, device");
  EXPECT_EQ(Said("unit erase"), "unknown command of unit 'erase'; there are list, put");
}

TEST(Mistyped, AnOptionIsNamedWhereverItStands) {
  EXPECT_EQ(Said("unit list --pricipal 1480"), "unknown option '--pricipal': did you mean '--principal'?");
  EXPECT_EQ(Said("--jsno unit list"), "unknown option '--jsno': did you mean '--json'?");
  EXPECT_EQ(Said("unit list --pricipal=1480"), "unknown option '--pricipal': did you mean '--principal'?");
}

TEST(Mistyped, AnOptionThatIsLikeNoneIsNamedWithThoseThatThereAre) {
  EXPECT_EQ(Said("unit list -x"), "unknown option '-x'; there are --help, --json, --principal");
}

TEST(Mistyped, AWordTooManyIsNamed) {
  EXPECT_EQ(Said("unit list 1480"), "'1480' is one word too many");
}

TEST(Mistyped, WhatIsOnlyMissingIsNoMistypedWord) {
  EXPECT_EQ(Said("unit put"), "");
  EXPECT_EQ(Said("unit"), "");
}

TEST(Mistyped, WhatIsRightIsUnderstood) {
  EXPECT_EQ(Said("unit list --principal 1480 --json"), "understood");
}

TEST(Nearest, ShortWordsAreNearByOneLetterAndLongOnesByAThird) {
  EXPECT_EQ(NearestOf("lsit", {"list", "put"}), "list");
  EXPECT_EQ(NearestOf("pt", {"list", "put"}), "put");
  EXPECT_EQ(NearestOf("qua", {"list", "put"}), "");
  EXPECT_EQ(NearestOf("quarentene", {"quarantine", "client"}), "quarantine");
}

}  // namespace
}  // namespace nara::naractl
