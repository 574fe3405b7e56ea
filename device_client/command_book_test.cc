#include "device_client/command_book.h"

#include <gtest/gtest.h>

#include <memory>

#include "device_client/memory_storage.h"

namespace nara::device_client {
namespace {

using Step = CommandBook::Step;

const absl::Time kNow = absl::FromUnixSeconds(1'770'000'000);

telemetry::v1::Command Ask(const std::string& id, int seconds_left = 60) {
  telemetry::v1::Command command;
  command.set_id(id);
  command.set_kind("report");
  command.mutable_expires_at()->set_seconds(absl::ToUnixSeconds(kNow) + seconds_left);
  return command;
}

class CommandBookTest : public ::testing::Test {
 protected:
  CommandBookTest() { Restart(); }
  void Restart() { book_ = std::make_unique<CommandBook>(storage_, *storage_.LoadCommands()); }

  MemoryStorage storage_;
  std::unique_ptr<CommandBook> book_;
};

TEST_F(CommandBookTest, ACommandIsCarriedOutOnceAndAnsweredAsOftenAsItComes) {
  EXPECT_EQ(book_->Take(Ask("c1"), kNow).step, Step::kCarryOut);
  EXPECT_EQ(book_->Take(Ask("c1"), kNow).step, Step::kNothing) << "it is at work";
  ASSERT_TRUE(book_->End("c1", CommandResult::kFailed).ok());
  const auto again = book_->Take(Ask("c1"), kNow);
  EXPECT_EQ(again.step, Step::kAnswer);
  EXPECT_EQ(again.result, CommandResult::kFailed);
}

TEST_F(CommandBookTest, AlsoAfterARestart) {
  book_->Take(Ask("c1"), kNow);
  ASSERT_TRUE(book_->End("c1", CommandResult::kRefused).ok());
  Restart();
  EXPECT_EQ(book_->Take(Ask("c1"), kNow).result, CommandResult::kRefused);
}

TEST_F(CommandBookTest, WhatARestartInterruptedIsNotBegunAgain) {
  book_->Take(Ask("c1"), kNow);
  Restart();
  const auto again = book_->Take(Ask("c1"), kNow);
  EXPECT_EQ(again.step, Step::kAnswer);
  EXPECT_EQ(again.result, CommandResult::kInterrupted);
  EXPECT_FALSE(book_->End("c1", CommandResult::kDone).ok()) << "it has been answered";
}

TEST_F(CommandBookTest, AnExpiredCommandIsTooLate) {
  const auto late = book_->Take(Ask("c1", 0), kNow);
  EXPECT_EQ(late.step, Step::kAnswer);
  EXPECT_EQ(late.result, CommandResult::kTooLate);
}

TEST_F(CommandBookTest, WithoutAnIdOrWithAHugeOneItIsNone) {
  EXPECT_EQ(book_->Take(Ask(""), kNow).step, Step::kNothing);
  EXPECT_EQ(book_->Take(Ask(std::string(65, 'x')), kNow).step, Step::kNothing);
}

TEST_F(CommandBookTest, AnEndIsOne) {
  book_->Take(Ask("c1"), kNow);
  EXPECT_EQ(book_->End("c1", CommandResult::kLater).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(book_->End("c2", CommandResult::kDone).code(), absl::StatusCode::kNotFound);
}

TEST_F(CommandBookTest, RemembersTheNewest) {
  for (int i = 0; i < 70; ++i) book_->Take(Ask("c" + std::to_string(i), 0), kNow);
  EXPECT_EQ(storage_.LoadCommands()->size(), CommandBook::kRemembered);
  EXPECT_EQ(storage_.LoadCommands()->front().id, "c6");
  EXPECT_EQ(book_->Take(Ask("c6"), kNow).step, Step::kAnswer);
}

}  // namespace
}  // namespace nara::device_client
