#include "device_client/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "device_client/memory_storage.h"
#include "device_client/testing/fakes.h"

namespace nara::device_client {
namespace {

using telemetry::v1::Command;
using telemetry::v1::Lane;
using telemetry::v1::LANE_ALARM;
using telemetry::v1::LANE_MEASUREMENT;
using telemetry::v1::Receipt;
using telemetry::v1::Record;
using telemetry::v1::Status;
using telemetry::v1::Uplink;
using ::testing::ElementsAre;

constexpr char kBase[] = "nara/v1/03/123456789/";

Record Event(const std::string& kind) {
  Record record;
  record.set_kind(kind);
  return record;
}

class ClientTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ClientOptions options;
    options.device = "123456789";
    auto started = Client::Start(options, measurement_, alarm_, transport_,
                                 {.receipt = [this](const Receipt&) { ++receipts_; },
                                  .command =
                                      [this](const Command& c) {
                                        commands_.push_back(c.kind());
                                        return result_;
                                      },
                                  .connection = {}});
    ASSERT_TRUE(started.ok()) << started.status();
    client_ = *std::move(started);
  }

  void GoUp() {
    transport_.up = true;
    transport_.events->OnUp();
    transport_.RunDue();
  }

  void GoDown() {
    transport_.up = false;
    transport_.events->OnDown(absl::UnavailableError("cable"));
  }

  void Answer(Lane lane, uint64_t through) {
    Receipt receipt;
    receipt.set_lane(lane);
    receipt.set_epoch(client_->epoch(lane));
    receipt.set_through(through);
    transport_.events->OnMessage(std::string(kBase) + "receipt", receipt.SerializeAsString());
  }

  void Ask(const std::string& id, const std::string& kind, absl::Duration left = absl::Minutes(1)) {
    Command command;
    command.set_id(id);
    command.set_kind(kind);
    command.mutable_expires_at()->set_seconds(absl::ToUnixSeconds(transport_.Now() + left));
    transport_.events->OnMessage(std::string(kBase) + "down", command.SerializeAsString());
    transport_.RunDue();
  }

  // "id:result" of the answers sent, and forgets what was sent.
  std::vector<std::string> TakeAnswers() {
    std::vector<std::string> answers;
    for (const auto& sent : std::exchange(transport_.sent, {})) {
      Uplink uplink;
      if (sent.topic != std::string(kBase) + "up" || !uplink.ParseFromString(sent.payload)) continue;
      for (const Record& record : uplink.records()) {
        if (record.kind() != "command_answered") continue;
        answers.push_back(record.episode() + ":" + record.values(0).code());
      }
    }
    return answers;
  }

  // "topic-suffix:seq,seq", and forgets.
  std::vector<std::string> TakeSent() {
    std::vector<std::string> texts;
    for (const auto& sent : std::exchange(transport_.sent, {})) {
      std::string text = sent.topic.substr(sizeof kBase - 1) + ":";
      Uplink uplink;
      if (text != "status:" && uplink.ParseFromString(sent.payload)) {
        for (const Record& record : uplink.records()) text += std::to_string(record.seq()) + ",";
      }
      texts.push_back(text);
    }
    return texts;
  }

  MemoryStorage measurement_;
  MemoryStorage alarm_;
  FakeTransport transport_;
  int receipts_ = 0;
  std::vector<std::string> commands_;
  CommandResult result_ = CommandResult::kDone;
  std::unique_ptr<Client> client_;
};

TEST_F(ClientTest, AsksForReceiptsAndCommandsAndLeavesAWill) {
  EXPECT_THAT(transport_.options.subscriptions,
              ElementsAre(std::string(kBase) + "receipt", std::string(kBase) + "down"));
  EXPECT_EQ(transport_.options.will_topic, std::string(kBase) + "status");
  Status will;
  ASSERT_TRUE(will.ParseFromString(transport_.options.will_payload));
  EXPECT_FALSE(will.online());
}

TEST_F(ClientTest, KeepsWhileDownAndSendsAlarmsFirstWhenUp) {
  ASSERT_TRUE(client_->Send(LANE_MEASUREMENT, Event("body_weight")).ok());
  ASSERT_TRUE(client_->Send(LANE_ALARM, Event("dose_missed")).ok());
  EXPECT_EQ(client_->waiting(), 2);
  GoUp();
  EXPECT_THAT(TakeSent(), ElementsAre("status:", "alarm:1,", "up:1,"));
}

TEST_F(ClientTest, SendsAtOnceWhileUp) {
  GoUp();
  TakeSent();
  EXPECT_EQ(*client_->Send(LANE_ALARM, Event("dose_missed")), 1);
  transport_.RunDue();
  EXPECT_THAT(TakeSent(), ElementsAre("alarm:1,"));
}

TEST_F(ClientTest, GivesRecordsTheTimeOfTheDevice) {
  GoUp();
  TakeSent();
  ASSERT_TRUE(client_->Send(LANE_ALARM, Event("dose_missed")).ok());
  transport_.RunDue();
  Uplink uplink;
  ASSERT_TRUE(uplink.ParseFromString(transport_.sent.at(0).payload));
  EXPECT_EQ(uplink.records(0).at().seconds(), absl::ToUnixSeconds(transport_.Now()));
}

TEST_F(ClientTest, ForgetsWithTheReceipt) {
  GoUp();
  ASSERT_TRUE(client_->Send(LANE_MEASUREMENT, Event("body_weight")).ok());
  transport_.RunDue();
  Answer(LANE_MEASUREMENT, 1);
  EXPECT_EQ(client_->waiting(), 0);
  EXPECT_EQ(receipts_, 1);
}

TEST_F(ClientTest, SendsAgainWithoutAReceiptEachLaneInItsTime) {
  GoUp();
  ASSERT_TRUE(client_->Send(LANE_MEASUREMENT, Event("body_weight")).ok());
  ASSERT_TRUE(client_->Send(LANE_ALARM, Event("dose_missed")).ok());
  transport_.RunDue();
  TakeSent();
  transport_.Advance(absl::Milliseconds(1100));
  EXPECT_THAT(TakeSent(), ElementsAre("alarm:1,"));
  Answer(LANE_ALARM, 1);
  transport_.Advance(absl::Seconds(4));
  EXPECT_THAT(TakeSent(), ElementsAre("up:1,"));
}

TEST_F(ClientTest, SendsWhatIsUnsettledAgainOnANewConnection) {
  GoUp();
  ASSERT_TRUE(client_->Send(LANE_ALARM, Event("dose_missed")).ok());
  transport_.RunDue();
  GoDown();
  TakeSent();
  GoUp();
  EXPECT_THAT(TakeSent(), ElementsAre("status:", "alarm:1,"));
}

TEST_F(ClientTest, StartsANewEpochWhenToldAndAnswersInIt) {
  GoUp();
  const uint64_t before = client_->epoch(LANE_MEASUREMENT);
  Ask("c1", "new_epoch");
  EXPECT_NE(client_->epoch(LANE_MEASUREMENT), before);
  EXPECT_THAT(commands_, ElementsAre("new_epoch"));
  EXPECT_THAT(TakeAnswers(), ElementsAre("c1:done"));
}

TEST_F(ClientTest, ACommandThatComesTwiceIsCarriedOutOnce) {
  GoUp();
  result_ = CommandResult::kRefused;
  Ask("c1", "report");
  Ask("c1", "report");
  EXPECT_THAT(commands_, ElementsAre("report"));
  EXPECT_THAT(TakeAnswers(), ElementsAre("c1:refused")) << "the answer is on its way already";
  Answer(LANE_MEASUREMENT, 1);
  Ask("c1", "report");
  EXPECT_THAT(TakeAnswers(), ElementsAre("c1:refused")) << "the platform asks again: it has not heard it";
  EXPECT_THAT(commands_, ElementsAre("report"));
}

TEST_F(ClientTest, ACommandMayBeAnsweredLater) {
  GoUp();
  result_ = CommandResult::kLater;
  Ask("c1", "report");
  EXPECT_THAT(TakeAnswers(), ElementsAre());
  ASSERT_TRUE(client_->Answer("c1", CommandResult::kFailed).ok());
  transport_.RunDue();
  EXPECT_THAT(TakeAnswers(), ElementsAre("c1:failed"));
  EXPECT_EQ(client_->Answer("c1", CommandResult::kDone).code(), absl::StatusCode::kNotFound);
}

TEST_F(ClientTest, ACommandThatHasExpiredIsAnsweredAndNotCarriedOut) {
  GoUp();
  const uint64_t before = client_->epoch(LANE_MEASUREMENT);
  Ask("c1", "new_epoch", -absl::Seconds(1));
  EXPECT_THAT(commands_, ElementsAre());
  EXPECT_EQ(client_->epoch(LANE_MEASUREMENT), before);
  EXPECT_THAT(TakeAnswers(), ElementsAre("c1:too_late"));
}

TEST_F(ClientTest, WhoHasNothingToSayRepeatsItsBirthEachHalfOfItsContactInterval) {
  GoUp();
  EXPECT_THAT(TakeSent(), ElementsAre("status:"));
  transport_.Advance(absl::Minutes(7));
  EXPECT_THAT(TakeSent(), ElementsAre());
  for (int i = 0; i < 10; ++i) {
    transport_.Advance(absl::Minutes(7.5));
    EXPECT_THAT(TakeSent(), ElementsAre("status:"));
  }
}

TEST_F(ClientTest, WhoSaysSomethingElseDoesNot) {
  GoUp();
  TakeSent();
  for (uint64_t seq = 1; seq <= 10; ++seq) {
    transport_.Advance(absl::Minutes(7));
    ASSERT_TRUE(client_->Send(LANE_MEASUREMENT, Event("body_weight")).ok());
    transport_.RunDue();
    EXPECT_THAT(TakeSent(), ElementsAre("up:" + std::to_string(seq) + ","));
    Answer(LANE_MEASUREMENT, seq);
  }
  transport_.Advance(absl::Minutes(7.5));
  EXPECT_THAT(TakeSent(), ElementsAre("status:"));
}

TEST_F(ClientTest, WhoIsDownWaitsWithItUntilItIsUp) {
  GoUp();
  GoDown();
  TakeSent();
  transport_.Advance(absl::Hours(1));
  EXPECT_THAT(TakeSent(), ElementsAre());
  for (int i = 0; i < 3; ++i) {
    GoUp();
    GoDown();
  }
  GoUp();
  EXPECT_THAT(TakeSent(), ElementsAre("status:", "status:", "status:", "status:"));
  transport_.Advance(absl::Minutes(7.5));
  EXPECT_THAT(TakeSent(), ElementsAre("status:")) << "and once then";
}

TEST_F(ClientTest, SurvivesGarbageFromThePlatform) {
  GoUp();
  for (const char* topic : {"receipt", "down", "other"}) {
    transport_.events->OnMessage(std::string(kBase) + topic, "\xff\xff\xff garbage");
  }
  EXPECT_EQ(receipts_, 0);
}

TEST(Client, WithoutAnApplicationForCommandsRefusesThem) {
  MemoryStorage measurement;
  MemoryStorage alarm;
  FakeTransport transport;
  ClientOptions options;
  options.device = "123456789";
  const auto client = Client::Start(options, measurement, alarm, transport, {});
  ASSERT_TRUE(client.ok()) << client.status();
  Command command;
  command.set_id("c1");
  command.set_kind("open_the_door");
  transport.events->OnMessage(std::string(kBase) + "down", command.SerializeAsString());
  EXPECT_EQ((*client)->waiting(), 1);
  EXPECT_EQ(measurement.LoadCommands()->at(0).result, "refused");
}

TEST(Client, RefusesAContactIntervalThatWouldKeepItBusy) {
  MemoryStorage storage;
  FakeTransport transport;
  ClientOptions options;
  options.device = "123456789";
  options.contact_interval = absl::ZeroDuration();
  EXPECT_EQ(Client::Start(options, storage, storage, transport, {}).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(Client, RefusesAnIdThatIsNoDeviceId) {
  MemoryStorage storage;
  FakeTransport transport;
  ClientOptions options;
  options.device = "No/Device";
  EXPECT_EQ(Client::Start(options, storage, storage, transport, {}).status().code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace nara::device_client
