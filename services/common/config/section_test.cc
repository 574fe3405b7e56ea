#include "common/config/section.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace nara::config {
namespace {

using testing::HasSubstr;
using testing::Not;

Section Parsed(const std::string& text, std::map<std::string, std::string> environment = {}) {
  auto lookup = [environment = std::move(environment)](const std::string& name) -> const char* {
    const auto found = environment.find(name);
    return found == environment.end() ? nullptr : found->second.c_str();
  };
  absl::StatusOr<Section> section = Section::Parse(text, "/etc/nara/a.yaml", lookup);
  EXPECT_TRUE(section.ok()) << section.status();
  return *section;
}

std::string Problems(Section& root) {
  return std::string(root.Finish().message());
}

TEST(Section, ReadsEachKindOfValue) {
  Section root = Parsed(R"(
name: a
count: 7
wait: 250ms
listen: "[::1]:80"
folder: ../state
)");
  EXPECT_EQ(root.RequiredString("name"), "a");
  EXPECT_EQ(root.OptionalInt("count", 1, 1, 9), 7);
  EXPECT_EQ(root.OptionalDuration("wait", absl::Seconds(1), absl::ZeroDuration(), absl::Seconds(1)),
            absl::Milliseconds(250));
  EXPECT_EQ(root.RequiredAddress("listen"), (Address{"::1", 80}));
  EXPECT_EQ(root.RequiredPath("folder"), "/etc/state");
  EXPECT_EQ(Problems(root), "");
}

TEST(Section, WhatIsMissingTakesItsDefault) {
  Section root = Parsed("");
  EXPECT_EQ(root.OptionalString("name", "b"), "b");
  EXPECT_EQ(root.OptionalInt("count", 3, 0, 9), 3);
  EXPECT_EQ(root.Child("grpc").OptionalInt("workers", 4, 1, 64), 4);
  EXPECT_FALSE(root.Has("name"));
  EXPECT_EQ(Problems(root), "");
}

TEST(Section, TellsEveryProblemAtOnceWithFileLineAndKey) {
  Section root = Parsed("name: a\ncount: many\ngrpc:\n  listen: nowhere\n  wrokers: 3\nextra: 1\n");
  root.RequiredString("name");
  root.OptionalInt("count", 1, 1, 9);
  Section grpc = root.Child("grpc");
  grpc.RequiredAddress("listen");
  grpc.OptionalInt("workers", 4, 1, 64);
  root.RequiredString("state_dir");
  const std::string problems = Problems(root);
  EXPECT_THAT(problems,
              HasSubstr("/etc/nara/a.yaml:2: key 'count' is wrong: \"many\" is not a whole number from 1 to 9"));
  EXPECT_THAT(problems, HasSubstr("/etc/nara/a.yaml:4: key 'grpc.listen' is wrong: \"nowhere\" is not an address"));
  EXPECT_THAT(problems, HasSubstr("/etc/nara/a.yaml:5: key 'grpc.wrokers' is not known; known keys: listen, workers"));
  EXPECT_THAT(problems,
              HasSubstr("/etc/nara/a.yaml:6: key 'extra' is not known; known keys: count, grpc, name, state_dir"));
  EXPECT_THAT(problems, HasSubstr("key 'state_dir' is missing"));
}

TEST(Section, TheEnvironmentOverridesTheFile) {
  Section root = Parsed("grpc: {listen: \"a:1\"}\n", {{"NARA_GRPC_LISTEN", "b:2"}, {"NARA_STATE_DIR", "/s"}});
  EXPECT_EQ(root.Child("grpc").RequiredString("listen"), "b:2");
  EXPECT_EQ(root.RequiredString("state_dir"), "/s");
  EXPECT_EQ(Problems(root), "");
}

TEST(Section, AWrongShapeIsNamed) {
  Section root = Parsed("name: [a]\ngrpc: 7\n");
  root.RequiredString("name");
  root.Child("grpc").OptionalInt("workers", 4, 1, 64);
  const std::string problems = Problems(root);
  EXPECT_THAT(problems, HasSubstr(":1: key 'name' must be a single value, but is a list"));
  EXPECT_THAT(problems, Not(HasSubstr("missing")));
  EXPECT_THAT(problems, HasSubstr(":2: key 'grpc' must be a mapping, but is a single value"));
}

TEST(Section, AKeyGivenTwiceIsAProblem) {
  Section root = Parsed("name: a\nname: b\n");
  root.RequiredString("name");
  EXPECT_THAT(Problems(root), HasSubstr(":2: key 'name' is given twice"));
}

TEST(Section, ABrokenFileIsNamedWithItsLine) {
  EXPECT_THAT(std::string(Section::Parse("a: b\nc: [1, 2\n", "x.yaml").status().message()), HasSubstr("x.yaml:3"));
  EXPECT_THAT(std::string(Section::Parse("- a\n", "x.yaml").status().message()), HasSubstr("must be a mapping"));
  EXPECT_EQ(Section::Load("/nowhere/x.yaml").status().code(), absl::StatusCode::kNotFound);
}

TEST(Section, ValuesOutOfRangeAreRefused) {
  Section root = Parsed("a: 99999999999999999999\nb: 1s\nc: 5\nd: loud\n");
  root.OptionalInt("a", 1, 0, 10);
  root.OptionalDuration("b", absl::Minutes(1), absl::Seconds(5), absl::Minutes(5));
  root.OptionalDuration("c", absl::Minutes(1), absl::Seconds(5), absl::Minutes(5));
  root.OptionalWord("d", "info", {"info", "warn"});
  const std::string problems = Problems(root);
  for (const char* key : {":1: key 'a'", ":2: key 'b'", ":3: key 'c'", ":4: key 'd'"}) {
    EXPECT_THAT(problems, HasSubstr(key));
  }
}

TEST(Address, IsHostAndPort) {
  EXPECT_EQ(ParseAddress("localhost:0")->ToString(), "localhost:0");
  EXPECT_EQ(ParseAddress("[::1]:80")->ToString(), "[::1]:80");
  for (const char* text : {"", ":80", "host", "host:", "host:x", "host:65536", "host:-1", "::1:80", "a b:1", "[]:1"}) {
    EXPECT_FALSE(ParseAddress(text).ok()) << text;
  }
}

}  // namespace
}  // namespace nara::config
