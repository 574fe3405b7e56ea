#include "ingest/command_sender.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/testing/wait_for.h"
#include "ingest/testing/fakes.h"

namespace nara::ingest {
namespace {

using ::testing::ElementsAre;

class CommandSenderTest : public ::testing::Test {
 protected:
  void Due(const std::string& device, int count = 1) {
    for (int i = 0; i < count; ++i) store_.due.push_back({.device = device, .command = {}});
  }
  bool Counted(const std::string& line) const { return registry_.Text().find(line) != std::string::npos; }

  testing::FakeCommands store_;
  metrics::Registry registry_;
  bool connected_ = true;
  std::vector<std::string> sent_;
  CommandSender sender_{store_,
                        [this](const DueCommand& command) {
                          if (!connected_) return absl::UnavailableError("no session");
                          sent_.push_back(command.device);
                          return absl::OkStatus();
                        },
                        registry_, Lane::kMeasurement};
};

TEST_F(CommandSenderTest, SendsWhatIsDue) {
  Due("bp-1");
  Due("bp-2");
  EXPECT_TRUE(sender_.Round().ok());
  EXPECT_THAT(sent_, ElementsAre("bp-1", "bp-2"));
  Due("bp-3", 250);
  EXPECT_TRUE(sender_.Round().ok());
  EXPECT_EQ(sent_.size(), 252u) << "all of them in one round";
}

TEST_F(CommandSenderTest, WithoutASessionItIsLeftToTheNextTime) {
  connected_ = false;
  Due("bp-1");
  EXPECT_TRUE(sender_.Round().ok());
  EXPECT_TRUE(Counted("commands_sent_total{lane=\"measurement\",result=\"no_session\"} 1"));
}

TEST_F(CommandSenderTest, KeepsAnswersWhileTheStoreIsAway) {
  store_.fail = absl::UnavailableError("away");
  sender_.Answered({"bp-1", "c1", "done", absl::UnixEpoch()});
  EXPECT_FALSE(sender_.Round().ok());
  sender_.Answered({"bp-1", "c2", "done", absl::UnixEpoch()});
  store_.fail = absl::OkStatus();
  EXPECT_TRUE(sender_.Round().ok());
  ASSERT_EQ(store_.answers.size(), 2u);
  EXPECT_EQ(store_.answers[0].id, "c1");
}

TEST_F(CommandSenderTest, AFloodOfAnswersIsBounded) {
  for (int i = 0; i < 1'500; ++i) sender_.Answered({"bp-1", "c1", "done", absl::UnixEpoch()});
  EXPECT_TRUE(sender_.Round().ok());
  EXPECT_EQ(store_.answers.size(), 1'000u);
  EXPECT_TRUE(Counted("command_answers_total{lane=\"measurement\",result=\"dropped\"} 500"));
}

TEST_F(CommandSenderTest, WritesAnAnswerDownAtOnce) {
  sender_.Start();
  sender_.Answered({"bp-1", "c1", "done", absl::UnixEpoch()});
  EXPECT_TRUE(nara::testing::WaitFor([this] { return Counted("result=\"written\"} 1"); }));
  sender_.Stop();
  EXPECT_EQ(store_.answers.size(), 1u);
}

}  // namespace
}  // namespace nara::ingest
