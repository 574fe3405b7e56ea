#include "ingest/service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/rpc/error.h"
#include "ingest/testing/fakes.h"

namespace nara::ingest {
namespace {

class FakeShelf final : public QuarantineShelf {
 public:
  absl::StatusOr<QuarantinePage> List(const QuarantineQuery&, const Scope& asked) override {
    scope = asked;
    return QuarantinePage{};
  }
  absl::StatusOr<QuarantineRow> Get(const std::string& id) override {
    if (id != row.record.id()) return absl::NotFoundError("none");
    return row;
  }
  absl::Status Audit(const std::string&, const std::string& caller) override {
    looks.push_back(caller);
    return absl::OkStatus();
  }
  absl::StatusOr<ReplayOutcome> Replay(const HeldQuery& query, const Decider& decider,
                                       const Deliver& deliver) override {
    decisions.push_back(decider.caller + " replays " + query.device);
    auto answers = deliver({row});
    if (!answers.ok()) return answers.status();
    return ReplayOutcome{*std::move(answers), false};
  }
  absl::StatusOr<std::vector<std::string>> Discard(const std::vector<std::string>& ids,
                                                   const Decider& decider) override {
    decisions.push_back(decider.caller + " discards: " + decider.reason);
    return ids;
  }

  Scope scope;
  QuarantineRow row;
  std::vector<std::string> looks;
  std::vector<std::string> decisions;
};

class ServiceTest : public ::testing::Test {
 protected:
  ServiceTest() {
    registry::v1::Route route = testing::RouteOf("bp-1", "bp-meter", 0);
    auto& care = *route.mutable_assignments(0)->add_responsibilities();
    care.set_purpose(registry::v1::PURPOSE_CARE);
    care.mutable_since()->set_seconds(0);
    care.set_principal("1480");
    care.set_unit("care-1480-1");
    routes_.Apply(true, {route}, 1);
    clients_.Apply(
        true,
        {Client("care", "care_unit", "1480", "care-1480-1"), Client("other", "care_unit", "1480", "care-1480-2"),
         Client("supplier", "supplier", "1480", ""), Client("chef", "principal_admin", "1480", ""),
         Client("other-chef", "principal_admin", "1481", ""), Client("stranger", "supplier", "1481", "")},
        1);
    shelf_.row.record.set_id("03-1-0");
    shelf_.row.record.set_payload("p");
    shelf_.row.principal = "1480";
    shelf_.row.unit = "care-1480-1";
    shelf_.row.owner = "1480";
  }

  static registry::v1::Client Client(const std::string& id, const std::string& role, const std::string& principal,
                                     const std::string& unit) {
    registry::v1::Client client;
    client.set_id(id);
    client.set_role(role);
    client.set_principal(principal);
    if (!unit.empty()) client.add_units(unit);
    return client;
  }
  static rpc::CallContext As(const std::string& id) { return {id, id, "", absl::InfiniteFuture()}; }

  absl::StatusOr<v1::SubmitResponse> Submit(const std::string& who, const std::string& device = "bp-1") {
    v1::SubmitRequest request;
    request.set_device(device);
    request.set_lane(nara::telemetry::v1::LANE_MEASUREMENT);
    return service_.Submit(As(who), request);
  }
  absl::StatusOr<v1::GetQuarantinedResponse> Get(const std::string& who, const std::string& id = "03-1-0") {
    v1::GetQuarantinedRequest request;
    request.set_id(id);
    return service_.GetQuarantined(As(who), request);
  }

  absl::StatusOr<v1::ReplayQuarantinedResponse> Replay(const std::string& who, const std::string& device = "bp-1") {
    v1::ReplayQuarantinedRequest request;
    request.set_device(device);
    request.set_lane(nara::telemetry::v1::LANE_MEASUREMENT);
    return service_.ReplayQuarantined(As(who), request);
  }
  absl::StatusOr<v1::DiscardQuarantinedResponse> Discard(const std::string& who, const std::string& id = "03-1-0",
                                                         const std::string& reason = "a test") {
    v1::DiscardQuarantinedRequest request;
    request.add_ids(id);
    request.set_reason(reason);
    return service_.DiscardQuarantined(As(who), request);
  }

  v1::SendCommandRequest Request(const std::string& id, int seconds, const std::string& kind = "new_epoch") const {
    v1::SendCommandRequest request;
    request.set_device("bp-1");
    request.mutable_command()->set_id(id);
    request.mutable_command()->set_kind(kind);
    request.mutable_command()->mutable_expires_at()->set_seconds(absl::ToUnixSeconds(clock_.Now()) + seconds);
    return request;
  }
  absl::StatusOr<v1::SendCommandResponse> Send(const std::string& who, const v1::SendCommandRequest& request) {
    return service_.SendCommand(As(who), request);
  }

  RouteTable routes_;
  AccessTable clients_;
  Authorizer authorizer_{clients_};
  ManualClock clock_;
  metrics::Registry registry_;
  Metrics metrics_{registry_, Lane::kMeasurement};
  ArrivalClock arrivals_{clock_, metrics_};
  FakeShelf shelf_;
  std::vector<std::string> submitted_;
  bool in_doubt_ = false;
  testing::FakeCommands commands_;
  int woken_ = 0;
  std::vector<ReplayAnswer> answers_;
  std::size_t delivered_ = 0;
  Service service_{{Lane::kMeasurement, authorizer_, routes_, clock_, arrivals_, shelf_,
                    [this](const std::vector<QuarantineRow>& held) {
                      delivered_ += held.size();
                      return answers_;
                    },
                    [this](Origin origin, nara::telemetry::v1::Uplink, absl::Duration) {
                      submitted_.push_back(origin.device);
                      in_doubt_ = origin.clock_in_doubt;
                      return nara::telemetry::v1::Receipt();
                    },
                    commands_, [this] { ++woken_; }}};
};

TEST_F(ServiceTest, ASupplierSubmitsForItsPrincipalsDevicesOnly) {
  EXPECT_TRUE(Submit("supplier").ok());
  EXPECT_TRUE(absl::IsNotFound(Submit("stranger").status()));
  EXPECT_TRUE(absl::IsPermissionDenied(Submit("care").status()));
  EXPECT_EQ(rpc::ReasonOf(Submit("care").status()), "FORBIDDEN");
  EXPECT_TRUE(absl::IsUnauthenticated(Submit("nobody").status()));
  EXPECT_THAT(submitted_, ::testing::ElementsAre("bp-1"));
}

TEST_F(ServiceTest, AForeignDeviceAndNoDeviceLookTheSame) {
  const absl::Status foreign = Submit("stranger", "bp-1").status();
  const absl::Status missing = Submit("stranger", "bp-2").status();
  EXPECT_EQ(foreign.code(), missing.code());
  EXPECT_EQ(rpc::ReasonOf(foreign), rpc::ReasonOf(missing));
}

TEST_F(ServiceTest, AnUplinkCarriesTheDoubtAboutOurClock) {
  ASSERT_TRUE(Submit("supplier").ok());
  EXPECT_FALSE(in_doubt_);
  clock_.Step(absl::Hours(1));
  ASSERT_TRUE(Submit("supplier").ok());
  EXPECT_TRUE(in_doubt_);
}

TEST_F(ServiceTest, TheOtherLaneIsRefused) {
  v1::SubmitRequest request;
  request.set_device("bp-1");
  request.set_lane(nara::telemetry::v1::LANE_ALARM);
  EXPECT_EQ(rpc::ReasonOf(service_.Submit(As("supplier"), request).status()), "WRONG_LANE");
}

TEST_F(ServiceTest, APayloadIsShownToTheResponsibleUnitAloneAndTheLookIsAudited) {
  EXPECT_EQ(Get("care")->record().payload(), "p");
  EXPECT_TRUE(absl::IsNotFound(Get("other").status()));
  EXPECT_TRUE(absl::IsPermissionDenied(Get("nara-admin").status()));
  EXPECT_TRUE(absl::IsNotFound(Get("care", "03-2-0").status()));
  EXPECT_THAT(shelf_.looks, ::testing::ElementsAre("care"));
}

TEST_F(ServiceTest, TheListHasTheCallersScope) {
  ASSERT_TRUE(service_.ListQuarantine(As("care"), {}).ok());
  EXPECT_FALSE(shelf_.scope.all);
  EXPECT_THAT(shelf_.scope.units, ::testing::ElementsAre("care-1480-1"));
  ASSERT_TRUE(service_.ListQuarantine(As("nara-admin"), {}).ok());
  EXPECT_TRUE(shelf_.scope.all);
  v1::ListQuarantineRequest request;
  request.set_page_size(1001);
  EXPECT_TRUE(absl::IsInvalidArgument(service_.ListQuarantine(As("care"), request).status()));
}

TEST_F(ServiceTest, WhoArrangesWhoseADeviceIsReplaysWhatIsHeldOfIt) {
  answers_ = {{"03-1-0", ReplayAnswer::What::kReplayed, {}},
              {"03-2-0", ReplayAnswer::What::kHeld, {"time_in_doubt", "before its assignment"}},
              {"03-3-0", ReplayAnswer::What::kRejected, {"value_out_of_range", "why"}}};
  const auto response = Replay("chef");
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_THAT(response->replayed(), ::testing::ElementsAre("03-1-0"));
  ASSERT_EQ(response->remaining_size(), 2);
  EXPECT_EQ(response->remaining(0).reason(), "time_in_doubt");
  EXPECT_EQ(response->remaining(0).disposition(), v1::DISPOSITION_HELD);
  EXPECT_EQ(response->remaining(1).disposition(), v1::DISPOSITION_REJECTED);
  EXPECT_TRUE(Replay("nara-admin").ok());
  EXPECT_THAT(shelf_.decisions, ::testing::ElementsAre("chef replays bp-1", "nara-admin replays bp-1"));
}

TEST_F(ServiceTest, NobodyElseReplaysOrDiscards) {
  EXPECT_EQ(rpc::ReasonOf(Replay("care").status()), "FORBIDDEN");
  EXPECT_EQ(rpc::ReasonOf(Replay("supplier").status()), "FORBIDDEN");
  EXPECT_EQ(rpc::ReasonOf(Replay("other-chef").status()), "UNKNOWN_DEVICE");
  EXPECT_EQ(rpc::ReasonOf(Replay("chef", "bp-2").status()), "UNKNOWN_DEVICE");
  EXPECT_TRUE(absl::IsUnauthenticated(Replay("nobody").status()));
  EXPECT_EQ(rpc::ReasonOf(Discard("care").status()), "FORBIDDEN");
  EXPECT_EQ(rpc::ReasonOf(Discard("other-chef").status()), "UNKNOWN_ENTRY");
  EXPECT_EQ(rpc::ReasonOf(Discard("chef", "03-9-0").status()), "UNKNOWN_ENTRY");
  EXPECT_TRUE(absl::IsUnauthenticated(Discard("nobody").status()));
  EXPECT_TRUE(shelf_.decisions.empty());
}

TEST_F(ServiceTest, WhatIsCertainToBeAnothersIsNotReplayedByWhoHasTheDeviceNow) {
  shelf_.row.principal = "1490";
  shelf_.row.owner = "1490";
  ASSERT_TRUE(Replay("chef").ok());
  EXPECT_EQ(delivered_, 0u);
  shelf_.row.principal = "";
  ASSERT_TRUE(Replay("chef").ok());
  EXPECT_EQ(delivered_, 1u) << "nobody's as yet";
}

TEST_F(ServiceTest, ADiscardSaysWhy) {
  EXPECT_EQ(rpc::ReasonOf(Discard("chef", "03-1-0", "").status()), "REASON_NEEDED");
  EXPECT_EQ(rpc::ReasonOf(Discard("chef", "03-1-0", std::string(601, 'x')).status()), "REASON_NEEDED");
  EXPECT_EQ(rpc::ReasonOf(service_.DiscardQuarantined(As("chef"), {}).status()), "BAD_ENTRIES");
  EXPECT_THAT(Discard("chef")->discarded(), ::testing::ElementsAre("03-1-0"));
  EXPECT_THAT(shelf_.decisions, ::testing::ElementsAre("chef discards: a test"));
}

TEST_F(ServiceTest, TheOtherLanesEntriesAreReplayedThere) {
  v1::ReplayQuarantinedRequest request;
  request.set_device("bp-1");
  request.set_lane(nara::telemetry::v1::LANE_ALARM);
  EXPECT_EQ(rpc::ReasonOf(service_.ReplayQuarantined(As("chef"), request).status()), "WRONG_LANE");
}

TEST_F(ServiceTest, ACommandNeedsAnIdAKindAndANearFuture) {
  v1::SendCommandRequest request = Request("c1", 60);
  request.mutable_command()->clear_id();
  EXPECT_EQ(rpc::ReasonOf(Send("supplier", request).status()), "BAD_COMMAND");
  EXPECT_EQ(rpc::ReasonOf(Send("supplier", Request("../c1", 60)).status()), "BAD_COMMAND");
  EXPECT_EQ(rpc::ReasonOf(Send("supplier", Request("c1", 60, "New Epoch")).status()), "BAD_COMMAND");
  EXPECT_EQ(rpc::ReasonOf(Send("supplier", Request("c1", 0)).status()), "EXPIRED");
  EXPECT_EQ(rpc::ReasonOf(Send("supplier", Request("c1", 31 * 86'400)).status()), "EXPIRES_TOO_LATE");
  EXPECT_TRUE(commands_.kept.empty());
  const auto sent = Send("supplier", Request("c1", 60));
  ASSERT_TRUE(sent.ok()) << sent.status();
  EXPECT_EQ(sent->id(), "c1");
  EXPECT_EQ(sent->status().state(), v1::COMMAND_STATE_PENDING);
  EXPECT_EQ(woken_, 1);
}

TEST_F(ServiceTest, TheSameCommandAgainSaysWhatBecameOfItAlsoWhenItHasExpired) {
  ASSERT_TRUE(Send("supplier", Request("c1", 60)).ok());
  commands_.kept.at("bp-1/c1").set_state(v1::COMMAND_STATE_EXPIRED);
  const v1::SendCommandRequest again = Request("c1", 60);
  clock_.Advance(absl::Minutes(2));
  const auto sent = Send("supplier", again);
  ASSERT_TRUE(sent.ok()) << sent.status();
  EXPECT_EQ(sent->status().state(), v1::COMMAND_STATE_EXPIRED);
}

TEST_F(ServiceTest, ACommandGoesToTheCallersOwnDevicesOnly) {
  EXPECT_EQ(rpc::ReasonOf(Send("stranger", Request("c1", 60)).status()), "UNKNOWN_DEVICE");
  EXPECT_EQ(rpc::ReasonOf(Send("care", Request("c1", 60)).status()), "FORBIDDEN");
  EXPECT_TRUE(absl::IsUnauthenticated(Send("nobody", Request("c1", 60)).status()));
  v1::SendCommandRequest missing = Request("c1", 60);
  missing.set_device("bp-2");
  EXPECT_EQ(rpc::ReasonOf(Send("supplier", missing).status()), "UNKNOWN_DEVICE");
  EXPECT_TRUE(commands_.kept.empty());
}

TEST_F(ServiceTest, WhatBecameOfACommandIsForWhoMaySendIt) {
  ASSERT_TRUE(Send("supplier", Request("c1", 60)).ok());
  v1::GetCommandRequest request;
  request.set_device("bp-1");
  request.set_id("c1");
  EXPECT_EQ(service_.GetCommand(As("supplier"), request)->status().command().kind(), "new_epoch");
  EXPECT_EQ(rpc::ReasonOf(service_.GetCommand(As("stranger"), request).status()), "UNKNOWN_DEVICE");
  request.set_id("c2");
  EXPECT_EQ(rpc::ReasonOf(service_.GetCommand(As("supplier"), request).status()), "UNKNOWN_COMMAND");
}

}  // namespace
}  // namespace nara::ingest
