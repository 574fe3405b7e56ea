#include "tools/naractl/edits.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "absl/status/statusor.h"
#include "nara/registry/v1/organisation.pb.h"

namespace nara::naractl {
namespace {

using registry::v1::Provider;

// A provider that is stored, after a command was called with `words`.
absl::StatusOr<Provider> After(std::vector<std::string> words) {
  Provider provider;
  provider.set_name("Vården");
  provider.set_hsa_id("SE1");
  provider.add_principals("1480");
  Edits<Provider> edits;
  CLI::App command;
  AddEdit<std::string>(command, "--name", "", edits,
                       [](const std::string& text, Provider& one) { one.set_name(text); });
  AddEdit<std::string>(command, "--hsa-id", "", edits,
                       [](const std::string& text, Provider& one) { one.set_hsa_id(text); });
  AddEdit<std::vector<std::string>>(command, "--principal", "", edits,
                                    [](const std::vector<std::string>& texts, Provider& one) -> absl::Status {
                                      if (texts.size() > 2) return absl::InvalidArgumentError("too many");
                                      one.mutable_principals()->Assign(texts.begin(), texts.end());
                                      return absl::OkStatus();
                                    });
  std::reverse(words.begin(), words.end());  // as CLI11 takes them
  command.parse(words);
  if (absl::Status status = Apply(edits, provider); !status.ok()) return status;
  return provider;
}

TEST(Edits, WhatIsNotNamedStaysAsItIs) {
  const auto after = After({"--name", "Omsorgen"});
  ASSERT_TRUE(after.ok());
  EXPECT_EQ(after->name(), "Omsorgen");
  EXPECT_EQ(after->hsa_id(), "SE1");
  EXPECT_EQ(after->principals_size(), 1);
}

TEST(Edits, AnEmptyTextEmptiesTheField) {
  const auto after = After({"--hsa-id", ""});
  ASSERT_TRUE(after.ok());
  EXPECT_EQ(after->hsa_id(), "");
  EXPECT_EQ(after->name(), "Vården");
}

TEST(Edits, AListIsReplacedAsAWhole) {
  const auto after = After({"--principal", "1481", "--principal", "1482"});
  ASSERT_TRUE(after.ok());
  ASSERT_EQ(after->principals_size(), 2);
  EXPECT_EQ(after->principals(0), "1481");
}

TEST(Edits, AnEditThatCannotBeDoneIsTheAnswer) {
  EXPECT_EQ(After({"--principal", "1", "2", "3"}).status().message(), "too many");
}

}  // namespace
}  // namespace nara::naractl
