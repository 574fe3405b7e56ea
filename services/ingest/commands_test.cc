#include "ingest/commands.h"

#include <gtest/gtest.h>

#include "common/rpc/error.h"

namespace nara::ingest {
namespace {

nara::telemetry::v1::Record Answer(const std::string& id, const std::string& result) {
  nara::telemetry::v1::Record record;
  record.set_kind(kCommandAnsweredKind);
  record.set_episode(id);
  auto& value = *record.add_values();
  value.set_component(kResultComponent);
  value.set_code(result);
  return record;
}

TEST(Commands, AnAnswerIsARecordThatRepeatsTheId) {
  const CommandAnswer answer = ReadAnswer(Answer("c1", "refused"));
  EXPECT_EQ(answer.id, "c1");
  EXPECT_EQ(answer.result, "refused");
}

TEST(Commands, WhatIsNoAnswerAnswersNothing) {
  EXPECT_EQ(ReadAnswer(Answer("c1", "'; drop table commands")).id, "");
  EXPECT_EQ(ReadAnswer({}).id, "");
  nara::telemetry::v1::Record other = Answer("c1", "done");
  other.set_kind("battery_level");
  EXPECT_EQ(ReadAnswer(other).id, "");
  nara::telemetry::v1::Record number = Answer("c1", "done");
  number.mutable_values(0)->set_decimal("1");
  EXPECT_EQ(ReadAnswer(number).id, "");
}

TEST(Commands, ANewOneExpiresWithinThirtyDays) {
  const absl::Time now = absl::FromUnixSeconds(1'771'310'000);
  nara::telemetry::v1::Command command;
  command.set_id("c1");
  command.set_kind("new_epoch");
  EXPECT_EQ(rpc::ReasonOf(CheckCommand(command)), "BAD_COMMAND") << "without an end";
  command.mutable_expires_at()->set_seconds(-1'000'000'000'000);
  EXPECT_EQ(rpc::ReasonOf(CheckCommand(command)), "BAD_COMMAND") << "no time at all";
  command.mutable_expires_at()->set_seconds(1'771'310'000 + 30 * 86'400);
  EXPECT_TRUE(CheckCommand(command).ok());
  EXPECT_TRUE(CheckExpiry(command, now).ok());
  EXPECT_EQ(rpc::ReasonOf(CheckExpiry(command, now - absl::Seconds(1))), "EXPIRES_TOO_LATE");
  EXPECT_EQ(rpc::ReasonOf(CheckExpiry(command, now + absl::Hours(24 * 30))), "EXPIRED");
}

}  // namespace
}  // namespace nara::ingest
