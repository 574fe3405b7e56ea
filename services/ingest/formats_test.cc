// Every example of an uplink, a status and a command in docs/formats is what it says.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "ingest/decode.h"

namespace nara::ingest {
namespace {

std::string Page(const std::string& name) {
  std::ifstream file(absl::StrCat(NARA_FORMATS, "/", name));
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// The contents of the fenced blocks of a language.
std::vector<std::string> Blocks(const std::string& page, const std::string& language) {
  std::vector<std::string> blocks;
  const std::string fence = absl::StrCat("```", language, "\n");
  for (std::size_t begin = page.find(fence); begin != std::string::npos; begin = page.find(fence, begin + 1)) {
    const std::size_t from = begin + fence.size();
    blocks.push_back(page.substr(from, page.find("```", from) - from));
  }
  return blocks;
}

// The bytes before the "|" of each line.
std::string Bytes(const std::string& block) {
  std::string digits;
  for (const std::string& line : std::vector<std::string>(absl::StrSplit(block, '\n'))) {
    for (const char c : line.substr(0, line.find('|'))) {
      if (absl::ascii_isxdigit(static_cast<unsigned char>(c))) digits += c;
    }
  }
  return absl::HexStringToBytes(digits);
}

TEST(Formats, EveryUplinkInJsonIsOne) {
  const std::vector<std::string> examples = Blocks(Page("uplink.md"), "json");
  EXPECT_EQ(examples.size(), 5u);
  for (const std::string& example : examples) {
    const DecodeResult result = DecodeUplink(example, Encoding::kJson);
    ASSERT_FALSE(result.refusal) << example << result.refusal->detail;
    for (const auto& refusal : result.decoded.refusals) EXPECT_FALSE(refusal) << example << refusal->detail;
  }
}

TEST(Formats, TheUplinkInBytesIsTheOneThatItDescribes) {
  const std::vector<std::string> examples = Blocks(Page("uplink.md"), "hex");
  ASSERT_EQ(examples.size(), 1u);
  const DecodeResult result = DecodeUplink(Bytes(examples[0]), Encoding::kProtobuf);
  ASSERT_FALSE(result.refusal) << result.refusal->detail;
  const auto& uplink = result.decoded.uplink;
  EXPECT_EQ(uplink.epoch(), 0x9f3c00000000000au);
  EXPECT_EQ(uplink.from(), 1u);
  EXPECT_EQ(uplink.sent().seconds(), 1'771'309'805);
  ASSERT_EQ(uplink.records_size(), 1);
  EXPECT_EQ(uplink.records(0).seq(), 7u);
  EXPECT_EQ(uplink.records(0).kind(), "body_weight");
  EXPECT_EQ(uplink.records(0).values(0).decimal(), "80.5");
  EXPECT_EQ(uplink.SerializeAsString(), Bytes(examples[0]));
}

TEST(Formats, TheCommandInBytesIsTheOneThatItDescribes) {
  const std::vector<std::string> examples = Blocks(Page("commands.md"), "hex");
  ASSERT_EQ(examples.size(), 1u);
  nara::telemetry::v1::Command command;
  ASSERT_TRUE(command.ParseFromString(Bytes(examples[0])));
  EXPECT_EQ(command.id(), "c-17");
  EXPECT_EQ(command.kind(), "new_epoch");
  EXPECT_EQ(command.expires_at().seconds(), 1'771'313'400);
  EXPECT_EQ(command.SerializeAsString(), Bytes(examples[0]));
}

TEST(Formats, BirthAndLastWillAreStatuses) {
  const std::string page = Page("uplink.md");
  for (const std::string text : {R"({"online":true,"at":"2026-02-17T07:30:00Z","firmware":"1.2"})",
                                 R"({"online":false,"at":"2026-02-17T07:30:00Z"})"}) {
    EXPECT_NE(page.find(text), std::string::npos) << text;
    EXPECT_TRUE(DecodeStatus(text).ok()) << text;
  }
}

}  // namespace
}  // namespace nara::ingest
