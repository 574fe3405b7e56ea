#include "tools/platform/portal_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace nara::tools {
namespace {

using ::testing::ElementsAre;

constexpr char kHeading[] = "device,product,serial,owner,fallback_unit,status\n";

// What is wrong, as "line column reason".
std::vector<std::string> Problems(const std::string& text) {
  std::vector<std::string> problems;
  for (const auto& problem : ParsePortalFile(text).problems) {
    problems.push_back(std::to_string(problem.line()) + " " + problem.column() + " " + problem.reason());
  }
  return problems;
}

TEST(PortalFile, ReadsLinesByTheirHeading) {
  const PortalFile file = ParsePortalFile(std::string(kHeading) +
                                          "s-1,scale,\"SN \"\"1\"\", a\",14,tech-14,in_stock\n\n"
                                          "s-2,scale,,14,tech-14,ordered");
  ASSERT_EQ(file.lines.size(), 2u);
  EXPECT_EQ(file.lines[0].line(), 2u);
  EXPECT_EQ(file.lines[0].serial(), "SN \"1\", a");
  EXPECT_EQ(file.lines[1].line(), 4u) << "an empty line counts";
  EXPECT_EQ(file.lines[1].status(), "ordered");
  EXPECT_EQ(file.lines[1].serial(), "");
}

TEST(PortalFile, ReadsWhatASpreadsheetWrites) {
  const PortalFile file =
      ParsePortalFile("\xEF\xBB\xBFstatus;device;product;owner;fallback_unit\r\nin_stock;s-1;scale;14;tech-14\r\n");
  ASSERT_EQ(file.lines.size(), 1u);
  EXPECT_EQ(file.lines[0].device(), "s-1");
  EXPECT_EQ(file.lines[0].fallback_unit(), "tech-14");
}

TEST(PortalFile, NamesWhatIsWrongWithTheHeading) {
  EXPECT_THAT(Problems("device,product,owner,fallback_unit,state,device\n"),
              ElementsAre("1 device DOUBLE_COLUMN", "1 state UNKNOWN_COLUMN", "1 device DOUBLE_COLUMN",
                          "1 status MISSING_COLUMN"));
  EXPECT_EQ(Problems("").size(), 6u);
  EXPECT_EQ(Problems("line,device,product,owner,fallback_unit,status\n").size(), 1u) << "line is no column";
}

TEST(PortalFile, IsUtf8) {
  EXPECT_THAT(Problems(std::string(kHeading) + "s-1,scale,V\xE5g,14,tech-14,in_stock\n"), ElementsAre("2  ENCODING"));
  EXPECT_EQ(ParsePortalFile(std::string(kHeading) + "s-1,scale,Våg,14,tech-14,in_stock\n").lines.size(), 1u);
}

TEST(PortalFile, NamesEachLineThatIsNone) {
  EXPECT_THAT(Problems(std::string(kHeading) + "s-1,scale\ns-2,scale,\"SN,14,tech-14,in_stock\n"
                                               "s-3,scale,\"SN\"x,14,tech-14,in_stock\n"
                                               "s-4,scale,,14,tech-14,in_stock\n"),
              ElementsAre("2  FIELDS", "3  QUOTES", "4  QUOTES"));
}

}  // namespace
}  // namespace nara::tools
