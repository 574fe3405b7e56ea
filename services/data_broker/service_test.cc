#include "data_broker/service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "common/rpc/error.h"
#include "data_broker/testing/broker_rig.h"

namespace nara::broker {
namespace {

using nara::testing::WaitFor;
using testing::BrokerRig;
using ::testing::ElementsAre;
using testing::FakeAudience;
using testing::FakeHistory;
using testing::FakeLogs;
using testing::FakeWriter;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class ServiceTest : public ::testing::Test {
 protected:
  ServiceTest() {
    audience_.Answers("a-1", "unit-a");
    audience_.Answers("b-1", "unit-b");
    audience_.Allow("care-a", {"unit-a"});
    audience_.Allow("care-b", {"unit-b"});
  }

  BrokerRig& Rig(testing::RigOptions options = {}) {
    rig_ = std::make_unique<BrokerRig>(
        audience_, history_, history_, [this] { return logs_.Shelf(); }, [this] { return logs_.Source(); }, options);
    return *rig_;
  }

  void Say(const std::string& device, std::uint64_t seq, std::size_t log = 0) {
    logs_.Append(LogAt(log), testing::Say{.device = device, .seq = seq});
  }
  bool Stored(std::size_t rows) {
    return WaitFor([&] { return history_.rows().size() == rows; });
  }
  static std::string Id(const std::string& device, std::uint64_t seq) {
    return device + "/m/00000000000000aa/" + std::to_string(seq);
  }
  static bool Got(const FakeWriter& writer, std::size_t count) {
    return WaitFor([&] { return writer.ids().size() >= count; });
  }
  static std::string Reason(const FakeWriter& writer) {
    return rpc::ReasonOf(writer.status().value_or(absl::OkStatus()));
  }

  FakeLogs logs_;
  FakeAudience audience_;
  FakeHistory history_;
  std::unique_ptr<BrokerRig> rig_;
};

TEST_F(ServiceTest, FromNowOnGetsWhatComesAndNothingOlder) {
  Say("a-1", 1);
  Rig().StartFeed();
  const auto stream = rig_->Subscribe("care-a");
  Say("a-1", 2);
  ASSERT_TRUE(Got(*stream, 1));
  EXPECT_THAT(stream->ids(), ElementsAre(Id("a-1", 2)));
}

TEST_F(ServiceTest, LiveDeliveryDoesNotNeedHistory) {
  history_.Down(true);
  Rig().StartHistory();
  rig_->StartFeed();
  const auto stream = rig_->Subscribe("care-a");
  Say("a-1", 1);
  ASSERT_TRUE(Got(*stream, 1));
  history_.Down(false);
  EXPECT_TRUE(Stored(1)) << "history catches up";
}

TEST_F(ServiceTest, FromStartReadsHistoryThenTheLogThenLive) {
  Say("a-1", 1);
  Rig().StartHistory();
  ASSERT_TRUE(Stored(1));
  logs_.Trim(LogAt(0), history_.positions()[LogAt(0)]);
  Say("a-1", 2);
  rig_->StartFeed();
  const auto stream = rig_->Subscribe("care-a", "", true);
  ASSERT_TRUE(Got(*stream, 2));
  Say("a-1", 3);
  ASSERT_TRUE(Got(*stream, 3));
  EXPECT_THAT(stream->ids(), ElementsAre(Id("a-1", 1), Id("a-1", 2), Id("a-1", 3)));
}

TEST_F(ServiceTest, AHeartbeatBringsACursorThatResumes) {
  Rig().StartFeed();
  const auto first = rig_->Subscribe("care-a");
  ASSERT_TRUE(WaitFor([&] { return !first->cursor().empty(); }));
  const std::string cursor = first->cursor();
  BrokerRig::Break(*first);
  Say("a-1", 1);
  const auto second = rig_->Subscribe("care-a", cursor);
  ASSERT_TRUE(Got(*second, 1));
}

TEST_F(ServiceTest, HeartbeatsGoOn) {
  Rig().StartFeed();
  const auto stream = rig_->Subscribe("care-a");
  EXPECT_TRUE(WaitFor([&] { return stream->received().size() >= 3; }));
  EXPECT_THAT(stream->ids(), IsEmpty());
}

TEST_F(ServiceTest, ASlowReceiverCatchesUpAndOthersDoNotWait) {
  Rig({.queue = 4, .kept = 4}).StartFeed();
  const auto slow = rig_->Subscribe("care-a");
  const auto fast = rig_->Subscribe("care-a");
  ASSERT_TRUE(WaitFor([&] { return !slow->received().empty(); }));
  slow->Stall(true);
  for (std::uint64_t seq = 1; seq <= 60; ++seq) Say("a-1", seq);
  ASSERT_TRUE(Got(*fast, 60));
  EXPECT_THAT(slow->ids(), IsEmpty());
  slow->Stall(false);
  ASSERT_TRUE(Got(*slow, 60));
  EXPECT_EQ(slow->ids(), fast->ids());
  Say("a-1", 61);
  EXPECT_TRUE(Got(*slow, 61)) << "live again";
}

TEST_F(ServiceTest, WaitsForHistoryWhenTheLogDoesNotReachBack) {
  Say("a-1", 1);
  Rig().StartHistory();
  ASSERT_TRUE(Stored(1));
  logs_.Trim(LogAt(0), history_.positions()[LogAt(0)]);
  Say("a-1", 2);
  history_.Down(true);
  rig_->StartFeed();
  const auto stream = rig_->Subscribe("care-a", "", true);
  ASSERT_TRUE(WaitFor([&] { return stream->received().size() >= 3; }));
  EXPECT_THAT(stream->ids(), IsEmpty()) << "nothing is skipped";
  history_.Down(false);
  ASSERT_TRUE(Got(*stream, 2));
  EXPECT_THAT(stream->ids(), ElementsAre(Id("a-1", 1), Id("a-1", 2)));
}

TEST_F(ServiceTest, TheLogAloneIsEnoughWhenHistoryIsAway) {
  Rig({.kept = 1}).StartFeed();
  const auto first = rig_->Subscribe("care-a");
  ASSERT_TRUE(WaitFor([&] { return !first->cursor().empty(); }));
  BrokerRig::Break(*first);
  history_.Down(true);
  for (std::uint64_t seq = 1; seq <= 20; ++seq) Say("a-1", seq, seq % 3);
  const auto second = rig_->Subscribe("care-a", first->cursor());
  EXPECT_TRUE(Got(*second, 20));
}

TEST_F(ServiceTest, GoesOnAfterRedisCameBack) {
  Rig().StartFeed();
  const auto stream = rig_->Subscribe("care-a");
  Say("a-1", 1);
  ASSERT_TRUE(Got(*stream, 1));
  logs_.Down(true);
  ASSERT_TRUE(WaitFor([&] {
    return rig_->registry().Text().find("nara_broker_failures_total{consumer=\"live\"} 0") == std::string::npos;
  }));
  logs_.Down(false);
  Say("a-1", 2);
  EXPECT_TRUE(Got(*stream, 2));
}

// As history keeps it.
CareRecordPtr RowAt(Position position, const testing::Say& say) {
  auto row = std::make_shared<CareRecord>();
  row->log = LogAt(0);
  row->position = position;
  row->party = Party{"1480", "unit-a"};
  row->observation.set_id(testing::LogRecordOf(say).event_id());
  row->observation.set_device(say.device);
  return row;
}

TEST_F(ServiceTest, WhatWasTrimmedBeforeTheFeedReadItComesFromHistory) {
  Rig().StartFeed();
  const auto stream = rig_->Subscribe("care-a");
  ASSERT_TRUE(WaitFor([&] { return !stream->cursor().empty(); }));
  logs_.Down(true);
  const Position gone = logs_.AppendGone(LogAt(0));
  ASSERT_TRUE(
      history_.Store({.rows = {RowAt(gone, {.device = "a-1", .seq = 1})}, .positions = {{LogAt(0), gone}}}).ok());
  Say("a-1", 2);
  logs_.Down(false);
  ASSERT_TRUE(Got(*stream, 2));
  Say("a-1", 3);
  ASSERT_TRUE(Got(*stream, 3)) << "live again";
  EXPECT_THAT(stream->ids(), ElementsAre(Id("a-1", 1), Id("a-1", 2), Id("a-1", 3)));
}

TEST_F(ServiceTest, ALogThatWasTrimmedAltogetherIsNoticedWithoutANewEntry) {
  Rig().StartFeed();
  const auto stream = rig_->Subscribe("care-a");
  ASSERT_TRUE(WaitFor([&] { return !stream->cursor().empty(); }));
  logs_.Down(true);
  const Position gone = logs_.AppendGone(LogAt(0));
  ASSERT_TRUE(
      history_.Store({.rows = {RowAt(gone, {.device = "a-1", .seq = 1})}, .positions = {{LogAt(0), gone}}}).ok());
  logs_.Down(false);
  EXPECT_TRUE(Got(*stream, 1));
}

TEST_F(ServiceTest, AGapIsNotSkippedWhileHistoryIsAway) {
  Rig().StartFeed();
  const auto stream = rig_->Subscribe("care-a");
  ASSERT_TRUE(WaitFor([&] { return !stream->cursor().empty(); }));
  const std::string before = stream->cursor();
  logs_.Down(true);
  const Position gone = logs_.AppendGone(LogAt(0));
  ASSERT_TRUE(
      history_.Store({.rows = {RowAt(gone, {.device = "a-1", .seq = 1})}, .positions = {{LogAt(0), gone}}}).ok());
  history_.Down(true);
  logs_.Down(false);
  Say("a-1", 2);
  const std::size_t responses = stream->received().size();
  ASSERT_TRUE(WaitFor([&] { return stream->received().size() >= responses + 3; }));
  EXPECT_THAT(stream->ids(), IsEmpty());
  EXPECT_EQ(stream->cursor(), before);
  history_.Down(false);
  ASSERT_TRUE(Got(*stream, 2));
  EXPECT_THAT(stream->ids(), ElementsAre(Id("a-1", 1), Id("a-1", 2)));
}

TEST_F(ServiceTest, ARecordBeforeItsRouteIsDeliveredWhenTheRouteHasCome) {
  Rig().StartHistory();
  rig_->StartFeed();
  const auto own = rig_->Subscribe("care-a");
  const auto other = rig_->Subscribe("care-b");
  Say("new-1", 1);
  Say("a-1", 1);
  Say("b-1", 1);
  ASSERT_TRUE(Got(*own, 1) && Got(*other, 1));
  EXPECT_THAT(own->ids(), ElementsAre(Id("a-1", 1))) << "the others of its log go on";
  Say("new-1", 2);
  audience_.Answers("new-1", "unit-a");
  ASSERT_TRUE(Got(*own, 3));
  EXPECT_THAT(own->ids(), ElementsAre(Id("a-1", 1), Id("new-1", 1), Id("new-1", 2)));
  EXPECT_THAT(other->ids(), ElementsAre(Id("b-1", 1)));
  EXPECT_NE(rig_->registry().Text().find("nara_broker_routes_awaited_total"), std::string::npos);
}

TEST_F(ServiceTest, TheCursorStaysBeforeARecordThatWaitsForItsRoute) {
  Rig({.kept = 1}).StartFeed();
  const auto first = rig_->Subscribe("care-a");
  Say("a-1", 1);
  Say("new-1", 1);
  Say("a-1", 2);
  ASSERT_TRUE(Got(*first, 2));
  BrokerRig::Break(*first);
  const auto second = rig_->Subscribe("care-a", first->cursor());
  ASSERT_TRUE(Got(*second, 1));
  audience_.Answers("new-1", "unit-a");
  ASSERT_TRUE(Got(*second, 2));
  EXPECT_THAT(second->ids(), ElementsAre(Id("a-1", 2), Id("new-1", 1))) << "at least once";
}

TEST_F(ServiceTest, HistoryWaitsForRoutesAndOtherLogsGoOn) {
  Rig().StartHistory();
  Say("a-1", 1, 3);
  Say("new-1", 1, 3);
  Say("a-1", 2, 3);
  Say("a-1", 3, 4);
  ASSERT_TRUE(Stored(2));
  EXPECT_LT(history_.positions()[LogAt(3)], history_.positions()[LogAt(4)]);
  audience_.Answers("new-1", "unit-b");
  ASSERT_TRUE(Stored(4));
  for (const CareRecordPtr& row : history_.rows()) {
    EXPECT_EQ(row->party->unit, row->observation.device() == "new-1" ? "unit-b" : "unit-a");
  }
}

TEST_F(ServiceTest, HistoryGoesOnWithItsLogsWhenAnotherWriterHasTakenOne) {
  Rig().StartHistory();
  Say("a-1", 1, 3);
  ASSERT_TRUE(Stored(1));
  history_.Lose(LogAt(3));
  Say("a-1", 2, 3);
  Say("a-1", 3, 4);
  EXPECT_TRUE(Stored(2));
  EXPECT_THAT(history_.rows().back()->observation.id(), Id("a-1", 3));
}

TEST_F(ServiceTest, HistoryAloneWaitsWhenEveryLogIsHeld) {
  Rig().StartHistory();
  for (std::size_t log = 0; log < kLogs; ++log) Say("new-1", log + 1, log);
  for (std::size_t log = 0; log < kLogs; ++log) Say("a-1", log + 1, log);
  ASSERT_TRUE(WaitFor([&] {
    return rig_->registry().Text().find("nara_broker_lag_seconds{consumer=\"history\"} 0") == std::string::npos;
  }));
  EXPECT_TRUE(history_.rows().empty());
  audience_.Answers("new-1", "unit-b");
  EXPECT_TRUE(Stored(2 * kLogs));
}

TEST_F(ServiceTest, AnotherUnitGetsNothingLiveFromHistoryOrResumed) {
  Rig().StartHistory();
  rig_->StartFeed();
  const auto live = rig_->Subscribe("care-b");
  for (std::uint64_t seq = 1; seq <= 10; ++seq) Say("a-1", seq);
  ASSERT_TRUE(Stored(10));
  const auto history = rig_->Subscribe("care-b", "", true);
  ASSERT_TRUE(WaitFor([&] { return live->received().size() >= 2 && history->received().size() >= 2; }));
  const auto resumed = rig_->Subscribe("care-b", live->received().front().cursor());
  ASSERT_TRUE(WaitFor([&] { return resumed->received().size() >= 2; }));
  Say("b-1", 1);
  for (const auto& stream : {live, history, resumed}) {
    ASSERT_TRUE(Got(*stream, 1));
    EXPECT_THAT(stream->ids(), ElementsAre(Id("b-1", 1)));
  }
  EXPECT_THAT(rig_->List("care-b")->observations(), SizeIs(::testing::Le(1)));
  EXPECT_THAT(rig_->List("care-a")->observations(), SizeIs(10));
}

TEST_F(ServiceTest, ForgedAndForeignCursorsAreRefusedWithAReason) {
  Rig().StartFeed();
  const auto own = rig_->Subscribe("care-a");
  ASSERT_TRUE(WaitFor([&] { return !own->cursor().empty(); }));
  for (const std::string& cursor : {own->cursor(), std::string("AAAA"), own->cursor() + "A"}) {
    const auto stream = rig_->Subscribe("care-b", cursor);
    ASSERT_TRUE(stream->closed());
    EXPECT_EQ(stream->status()->code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(Reason(*stream), "CURSOR_INVALID");
  }
}

TEST_F(ServiceTest, RefusesWhatTheCallerMayNotAskFor) {
  Rig().StartFeed();
  EXPECT_EQ(rig_->Subscribe("nobody")->status()->code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(rig_->List("nobody").status().code(), absl::StatusCode::kPermissionDenied);
  v1::SubscribeRequest request;
  request.add_units("unit-b");
  EXPECT_EQ(Reason(*rig_->Subscribe("care-a", request)), "UNKNOWN_UNIT");
  audience_.AllowPrincipal("care-1480");
  EXPECT_FALSE(rig_->Subscribe("care-1480", request)->closed());
  request.set_units(0, std::string(64, 'u'));
  EXPECT_EQ(Reason(*rig_->Subscribe("care-1480", request)), "UNKNOWN_UNIT") << "longer than any";
  request.clear_units();
  request.add_kinds("low_battery");
  EXPECT_EQ(Reason(*rig_->Subscribe("care-a", request)), "UNKNOWN_KIND");
}

TEST_F(ServiceTest, NobodyTakesThePlacesOfOthers) {
  Rig({.max_subscriptions = 3, .max_of_client = 2}).StartFeed();
  const auto first = rig_->Subscribe("care-a");
  const auto second = rig_->Subscribe("care-a");
  EXPECT_EQ(Reason(*rig_->Subscribe("care-a")), "TOO_MANY_SUBSCRIPTIONS");
  const auto other = rig_->Subscribe("care-b");
  EXPECT_FALSE(other->closed());
  BrokerRig::Break(*first);
  EXPECT_FALSE(rig_->Subscribe("care-a")->closed()) << "its place is free again";
  EXPECT_EQ(Reason(*rig_->Subscribe("care-b")), "TOO_MANY_SUBSCRIPTIONS") << "all are taken";
}

TEST_F(ServiceTest, AStreamThatComesWhileStoppingEndsAtOnce) {
  Rig().StartFeed();
  const auto before = rig_->Subscribe("care-a");
  rig_->Stop();
  EXPECT_EQ(Reason(*before), "STOPPING");
  EXPECT_EQ(Reason(*rig_->Subscribe("care-a")), "STOPPING");
  EXPECT_NE(rig_->registry().Text().find("nara_broker_subscribers 0"), std::string::npos);
}

TEST_F(ServiceTest, IsNotReadyBeforeTheLogsAreReached) {
  EXPECT_EQ(Reason(*Rig().Subscribe("care-a")), "NOT_READY");
}

TEST_F(ServiceTest, CutsOffACallerThatMayNotSubscribeAnyMore) {
  Rig().StartFeed();
  FakeAudience& audience = audience_;
  audience.Allow("guest", {"unit-a"});
  const auto stream = rig_->Subscribe("guest");
  audience.Revoke("guest");
  EXPECT_TRUE(WaitFor([&] { return stream->closed(); }));
}

TEST_F(ServiceTest, ListsNewestFirstPageByPage) {
  Rig().StartHistory();
  for (std::uint64_t seq = 1; seq <= 7; ++seq) {
    logs_.Append(LogAt(0),
                 testing::Say{.device = "a-1", .seq = seq, .at = testing::kNoon + static_cast<std::int64_t>(seq)});
  }
  ASSERT_TRUE(Stored(7));
  v1::ListObservationsRequest request;
  request.set_page_size(3);
  std::vector<std::string> ids;
  do {
    const auto page = rig_->List("care-a", request);
    ASSERT_TRUE(page.ok()) << page.status();
    for (const auto& observation : page->observations()) ids.push_back(observation.id());
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  EXPECT_THAT(ids, ElementsAre(Id("a-1", 7), Id("a-1", 6), Id("a-1", 5), Id("a-1", 4), Id("a-1", 3), Id("a-1", 2),
                               Id("a-1", 1)));
}

TEST_F(ServiceTest, APageTokenBelongsToItsQueryAndCaller) {
  Rig().StartHistory();
  for (std::uint64_t seq = 1; seq <= 3; ++seq) Say("a-1", seq);
  ASSERT_TRUE(Stored(3));
  v1::ListObservationsRequest request;
  request.set_page_size(2);
  request.set_page_token(rig_->List("care-a", request)->next_page_token());
  EXPECT_TRUE(rig_->List("care-a", request).ok());
  EXPECT_EQ(rpc::ReasonOf(rig_->List("care-b", request).status()), "PAGE_TOKEN_INVALID");
  request.set_device("a-1");
  EXPECT_EQ(rpc::ReasonOf(rig_->List("care-a", request).status()), "PAGE_TOKEN_INVALID");
}

TEST_F(ServiceTest, RefusesAnAbsurdPageSize) {
  v1::ListObservationsRequest request;
  request.set_page_size(1001);
  EXPECT_EQ(rpc::ReasonOf(Rig().List("care-a", request).status()), "PAGE_SIZE_INVALID");
}

TEST_F(ServiceTest, RefusesTimesThatAreNone) {
  Rig();
  const auto reason = [&](std::int64_t seconds, std::int32_t nanos) {
    v1::ListObservationsRequest since, until;
    since.mutable_since()->set_seconds(seconds);
    since.mutable_since()->set_nanos(nanos);
    *until.mutable_until() = since.since();
    const std::string first = rpc::ReasonOf(rig_->List("care-a", since).status());
    EXPECT_EQ(rpc::ReasonOf(rig_->List("care-a", until).status()), first);
    return first;
  };
  for (const std::int64_t seconds : {std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::min(),
                                     std::int64_t{253'402'300'800}}) {
    EXPECT_EQ(reason(seconds, 0), "TIME_INVALID");
  }
  EXPECT_EQ(reason(0, -1), "TIME_INVALID");
  EXPECT_EQ(reason(testing::kNoon, 999'999'999), "");
}

TEST_F(ServiceTest, ListingAsksForTodaysRights) {
  Rig().StartHistory();
  Say("a-1", 1);
  ASSERT_TRUE(Stored(1));
  audience_.Answers("a-1", "unit-b", 2);
  EXPECT_THAT(rig_->List("care-a")->observations(), IsEmpty());
}

TEST_F(ServiceTest, ListingSaysThatBlockedDataExistAndNotWhat) {
  Rig().StartHistory();
  Say("a-1", 1);
  ASSERT_TRUE(Stored(1));
  EXPECT_FALSE(rig_->List("care-a")->blocked());
  audience_.Block("res-a-1");
  const auto page = rig_->List("care-a");
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_THAT(page->observations(), IsEmpty());
  EXPECT_TRUE(page->blocked());
  EXPECT_FALSE(rig_->List("care-b")->blocked()) << "nothing of these is its own";
  audience_.Block("res-a-1", false);
  EXPECT_THAT(rig_->List("care-a")->observations(), SizeIs(1)) << "lifted: it is all there";
}

TEST_F(ServiceTest, ListingGoesOnForOnesOwnUnitsWhileTheRegistryIsAway) {
  Rig().StartHistory();
  Say("a-1", 1);
  Say("b-1", 1);
  ASSERT_TRUE(Stored(2));
  audience_.Consent("care-a", "res-b-1");
  EXPECT_THAT(rig_->List("care-a")->observations(), SizeIs(2));
  audience_.StaleAcross(true);
  const auto page = rig_->List("care-a");
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_THAT(page->observations(), SizeIs(1));
  EXPECT_TRUE(page->incomplete());
}

TEST_F(ServiceTest, NothingIsDeliveredAfterABlockHasSettled) {
  Rig({.queue = 64}).StartFeed();
  const auto stream = rig_->Subscribe("care-a");
  for (std::uint64_t seq = 1; seq <= 40; ++seq) Say("a-1", seq);
  ASSERT_TRUE(Got(*stream, 1)) << "the queue is being delivered";
  audience_.Block("res-a-1");
  rig_->deliverer().Settle();
  const std::vector<std::string> delivered = stream->ids();
  for (std::uint64_t seq = 41; seq <= 60; ++seq) Say("a-1", seq);
  Say("a-2", 1);
  audience_.Answers("a-2", "unit-a");
  ASSERT_TRUE(WaitFor([&] { return !stream->ids().empty() && stream->ids().back() == Id("a-2", 1); }));
  EXPECT_EQ(stream->ids().size(), delivered.size() + 1) << "only the other resident's";
}

TEST_F(ServiceTest, HistoryTellsRedisWhatItHasStored) {
  Rig().StartHistory();
  Say("a-1", 1, 9);
  ASSERT_TRUE(Stored(1));
  EXPECT_TRUE(WaitFor([&] { return logs_.committed()[LogAt(9)] == history_.positions()[LogAt(9)]; }));
}

}  // namespace
}  // namespace nara::broker
