// History, replay and resumption on a real PostgreSQL and a real Redis, with the
// real tables of routes and rights.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "common/redis/retention.h"
#include "data_broker/testing/stores.h"

namespace nara::broker {
namespace {

using nara::testing::WaitFor;
using testing::BrokerRig;
using testing::CareBy;
using ::testing::IsEmpty;
using testing::RouteOf;
using testing::Say;
using ::testing::SizeIs;
using testing::StoresTest;

TEST_F(StoresTest, ARecordReachesTheStreamAndHistoryAsItWas) {
  const auto stream = rig_->Subscribe(kUnitA);
  Append({.device = "a-1", .seq = 1});
  Append({.device = "a-1", .seq = 2}, Log::kAlarm);
  ASSERT_TRUE(Got(*stream, 2));
  ASSERT_TRUE(Stored(2));
  v1::ListObservationsRequest request;
  request.set_page_size(1);
  const auto page = rig_->List(kUnitA, request);
  ASSERT_TRUE(page.ok()) << page.status();
  ASSERT_THAT(page->observations(), SizeIs(1));
  const v1::Observation& observation = page->observations(0);
  EXPECT_EQ(observation.values(0).decimal(), "5.40");
  EXPECT_EQ(observation.unit(), kUnitA);
  EXPECT_EQ(observation.principal(), "1480");
  EXPECT_EQ(observation.effective_at().seconds(), testing::kNoon);
}

TEST_F(StoresTest, ARecordIsStoredOnceAlsoWhenItStandsTwiceInTheLog) {
  Append({.device = "a-1", .seq = 1});
  Append({.device = "a-1", .seq = 1});
  Append({.device = "a-1", .seq = 2});
  EXPECT_TRUE(Stored(2));
}

TEST_F(StoresTest, ListsByEveryFilterAndPagesThroughEqualTimes) {
  for (std::uint64_t seq = 1; seq <= 5; ++seq) Append({.device = "a-1", .seq = seq});
  Append({.device = "a-1", .seq = 6, .kind = "weight", .at = testing::kNoon + 60});
  ASSERT_TRUE(Stored(6));
  v1::ListObservationsRequest request;
  request.set_page_size(2);
  std::size_t listed = 0;
  do {
    const auto page = rig_->List(kUnitA, request);
    ASSERT_TRUE(page.ok()) << page.status();
    listed += static_cast<std::size_t>(page->observations_size());
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  EXPECT_EQ(listed, 6U);
  const auto count = [&](auto set) {
    v1::ListObservationsRequest filter;
    set(filter);
    const auto page = rig_->List(kUnitA, filter);
    return page.ok() ? page->observations_size() : -1;
  };
  EXPECT_EQ(count([](auto& r) { r.set_kind("weight"); }), 1);
  EXPECT_EQ(count([](auto& r) { r.set_device("a-1"); }), 6);
  EXPECT_EQ(count([](auto& r) { r.set_device("b-1"); }), 0);
  EXPECT_EQ(count([](auto& r) { r.set_resident("res-a-1"); }), 6);
  EXPECT_EQ(count([](auto& r) { r.mutable_since()->set_seconds(testing::kNoon + 60); }), 1);
  EXPECT_EQ(count([](auto& r) { r.mutable_until()->set_seconds(testing::kNoon + 60); }), 5);
}

TEST_F(StoresTest, ResumesOverTheSeamBetweenHistoryAndLog) {
  const auto first = rig_->Subscribe(kUnitA);
  AppendMany("a-1", 1, 20);
  ASSERT_TRUE(Got(*first, 20));
  BrokerRig::Break(*first);
  AppendMany("a-1", 21, 450);
  ASSERT_TRUE(Stored(450));
  const LogId log{.shard = ShardOf("a-1"), .log = Log::kMeasurement};
  ASSERT_TRUE(WaitFor([&] {
    const auto gone = Trim(*connection_, log, std::chrono::system_clock::now());
    return gone.ok() && *gone > 0;
  })) << "history has told Redis that it may forget";
  const auto second = rig_->Subscribe(kUnitA, first->cursor());
  AppendMany("a-1", 451, 460);
  ASSERT_TRUE(Got(*second, 440));
  EXPECT_EQ(second->ids(), Ids("a-1", 21, 460));
}

TEST_F(StoresTest, AnotherProcessOpensTheSameCursor) {
  const auto first = rig_->Subscribe(kUnitA);
  AppendMany("a-1", 1, 3);
  ASSERT_TRUE(Got(*first, 3));
  const std::string cursor = first->cursor();
  Start();
  AppendMany("a-1", 4, 6);
  const auto second = rig_->Subscribe(kUnitA, cursor);
  ASSERT_TRUE(Got(*second, 3));
  EXPECT_EQ(second->ids(), Ids("a-1", 4, 6));
  EXPECT_TRUE(Stored(6)) << "the lease of the process before ran out";
}

TEST_F(StoresTest, AnotherUnitGetsNothing) {
  const auto live = rig_->Subscribe(kUnitB);
  AppendMany("a-1", 1, 10);
  ASSERT_TRUE(Stored(10));
  const auto replayed = rig_->Subscribe(kUnitB, "", true);
  ASSERT_TRUE(WaitFor([&] { return live->received().size() > 2 && replayed->received().size() > 2; }));
  const auto resumed = rig_->Subscribe(kUnitB, live->received().front().cursor());
  Append({.device = "b-1", .seq = 1});
  for (const auto& stream : {live, replayed, resumed}) {
    ASSERT_TRUE(Got(*stream, 1));
    EXPECT_EQ(stream->ids(), Ids("b-1", 1, 1));
  }
  v1::ListObservationsRequest request;
  request.set_device("a-1");
  EXPECT_THAT(rig_->List(kUnitB, request)->observations(), IsEmpty());
}

TEST_F(StoresTest, RowLevelSecurityHidesWhatAQueryDoesNotReach) {
  AppendMany("a-1", 1, 3);
  ASSERT_TRUE(Stored(3));
  auto connection = PostgresConnection::Connect({.conninfo = postgres_->conninfo("nara_broker"), .schema = "broker"});
  ASSERT_TRUE(connection.ok()) << connection.status();
  const auto count = [&] {
    const auto result = (*connection)->Execute("select count(*) from observations");
    return result.ok() ? (*result)[0].Int64(0) : -1;
  };
  EXPECT_EQ(count(), 0) << "nothing by default, not even for the owner";
  ASSERT_TRUE((*connection)->Run("set nara.units = 'care-1481-1'").ok());
  EXPECT_EQ(count(), 0);
  ASSERT_TRUE((*connection)->Run("set nara.units = 'care-1481-1,care-1480-1'").ok());
  EXPECT_EQ(count(), 3);
}

TEST_F(StoresTest, AConsentOpensAResidentsHistoryAndABlockClosesIt) {
  Append({.device = "a-1", .seq = 1});
  Append({.device = "b-1", .seq = 1});
  ASSERT_TRUE(Stored(2));
  registry::v1::ResidentPrivacy privacy;
  privacy.set_resident("res-a-1");
  privacy.set_revision(2);
  auto& consent = *privacy.add_consents();
  consent.set_use(registry::v1::DATA_USE_CARE);
  consent.add_recipients()->set_unit(kUnitB);
  EXPECT_THAT(rig_->List(kUnitB)->observations(), SizeIs(1));
  privacy_.Apply(true, {privacy}, 2);
  privacy_.Confirmed(SteadyTime());
  EXPECT_THAT(rig_->List(kUnitB)->observations(), SizeIs(2));
  const auto resumed = rig_->Subscribe(kUnitB, "", true);
  EXPECT_TRUE(Got(*resumed, 2));
  auto& block = *privacy.add_blocks();
  block.set_unit(kUnitA);
  block.add_uses(registry::v1::DATA_USE_CARE);
  privacy.set_revision(3);
  privacy_.Apply(false, {privacy}, 3);
  const auto page = rig_->List(kUnitB);
  EXPECT_THAT(page->observations(), SizeIs(1));
  EXPECT_TRUE(page->blocked());
  EXPECT_THAT(rig_->List(kUnitA)->observations(), SizeIs(1)) << "who answers goes on";
}

TEST_F(StoresTest, RowLevelSecurityHidesNobodysRowsFromEverybody) {
  Append({.device = "a-1", .seq = 1, .at = testing::kNoon - 5000});
  ASSERT_TRUE(Stored(1)) << "from before its assignment";
  auto connection = PostgresConnection::Connect({.conninfo = postgres_->conninfo("nara_broker"), .schema = "broker"});
  ASSERT_TRUE(connection.ok()) << connection.status();
  for (const char* principal : {"", "1480"}) {
    for (const char* units : {"", "care-1480-1"}) {
      ASSERT_TRUE((*connection)
                      ->Execute("select set_config('nara.principal', $1, false), set_config('nara.units', $2, false)",
                                {principal, units})
                      .ok());
      EXPECT_EQ((*(*connection)->Execute("select count(*) from observations"))[0].Int64(0), 0);
    }
  }
}

TEST_F(StoresTest, ATakeOverInThePastMovesHistory) {
  AppendMany("a-1", 1, 10);
  ASSERT_TRUE(Stored(10));
  routes_.Apply(false, {RouteOf("a-1", 2, {CareBy(kUnitA, testing::kNoon - 1000), CareBy(kUnitB, testing::kNoon + 6)})},
                2);
  ASSERT_TRUE(WaitFor([&] {
    const auto page = rig_->List(kUnitB);
    return page.ok() && page->observations_size() == 5;
  }));
  EXPECT_THAT(rig_->List(kUnitA)->observations(), SizeIs(5));
  const auto replayed = rig_->Subscribe(kUnitB, "", true);
  ASSERT_TRUE(Got(*replayed, 5));
  auto ids = replayed->ids();
  ids.resize(5);  // the take-over's notices may follow, and name some again
  EXPECT_EQ(ids, Ids("a-1", 6, 10));
}

TEST_F(StoresTest, ABacklogThatOneStatementCannotStoreIsStoredInPieces) {
  Append({.device = "a-1", .seq = 1});
  ASSERT_TRUE(Stored(1));
  SlowDown("insert");
  AppendMany("a-1", 2, 400);
  EXPECT_TRUE(Stored(400));
}

TEST_F(StoresTest, ATakeOverOfALongHistoryIsLabelledInPiecesWhileWritingGoesOn) {
  AppendMany("a-1", 1, 400);
  ASSERT_TRUE(Stored(400));
  SlowDown("update");
  routes_.Apply(false, {RouteOf("a-1", 2, {CareBy(kUnitB, testing::kNoon - 1000)})}, 2);
  AppendMany("a-1", 401, 410);
  ASSERT_TRUE(Stored(410));
  v1::ListObservationsRequest request;
  request.set_page_size(1000);
  ASSERT_TRUE(WaitFor(
      [&] {
        const auto page = rig_->List(kUnitB, request);
        return page.ok() && page->observations_size() == 410;
      },
      std::chrono::seconds(20)));
  EXPECT_THAT(rig_->List(kUnitA, request)->observations(), IsEmpty());
}

// The registry is silent for a minute, while ingest has heard of a device that was just
// assigned and sends.
TEST_F(StoresTest, ASilentRegistryCostsNoRecordOfANewDevice) {
  const std::string device = testing::NeighbourOf("a-1");
  const auto own = rig_->Subscribe(kUnitA);
  const auto other = rig_->Subscribe(kUnitB);
  Append({.device = device, .seq = 1, .route_revision = 2});
  AppendMany("a-1", 1, 3);
  clock_.Advance(absl::Minutes(1));
  ASSERT_TRUE(Got(*own, 3));
  EXPECT_EQ(own->ids(), Ids("a-1", 1, 3)) << "the others of its log go on";
  const auto resumed = rig_->Subscribe(kUnitA, own->cursor());
  ASSERT_TRUE(Got(*resumed, 3));
  EXPECT_EQ(Rows(), 0U) << "history waits";
  routes_.Apply(false, {RouteOf(device, 2, {CareBy(kUnitA, testing::kNoon - 1000)})}, 2);
  ASSERT_TRUE(Got(*own, 4) && Got(*resumed, 4) && Stored(4));
  EXPECT_EQ(own->ids().back(), Ids(device, 1, 1).front());
  EXPECT_EQ(resumed->ids().back(), Ids(device, 1, 1).front());
  EXPECT_THAT(rig_->List(kUnitA)->observations(), SizeIs(4));
  EXPECT_THAT(other->ids(), IsEmpty());
}

TEST_F(StoresTest, ARegistryThatHasLostARouteHoldsUpNothing) {
  const auto own = rig_->Subscribe(kUnitA);
  Append({.device = "a-1", .seq = 1, .route_revision = 9});
  Append({.device = "a-1", .seq = 2, .route_revision = 9});
  clock_.Advance(absl::Minutes(1));
  EXPECT_THAT(own->ids(), IsEmpty());
  routes_.Heard(1);
  ASSERT_TRUE(Got(*own, 2) && Stored(2));
  EXPECT_EQ(own->ids(), Ids("a-1", 1, 2));
}

TEST_F(StoresTest, LiveGoesOnWithoutPostgresAndHistoryCatchesUp) {
  const auto stream = rig_->Subscribe(kUnitA);
  Append({.device = "a-1", .seq = 1});
  ASSERT_TRUE(Got(*stream, 1));
  postgres_->Kill9();
  AppendMany("a-1", 2, 30);
  ASSERT_TRUE(Got(*stream, 30));
  EXPECT_EQ(rig_->List(kUnitA).status().code(), absl::StatusCode::kUnavailable);
  ASSERT_TRUE(postgres_->Restart().ok());
  EXPECT_TRUE(Stored(30));
}

TEST_F(StoresTest, GoesOnFromItsPositionsAfterRedisWasKilled) {
  const auto stream = rig_->Subscribe(kUnitA);
  AppendMany("a-1", 1, 5);
  ASSERT_TRUE(Got(*stream, 5));
  redis_->Kill9();
  ASSERT_TRUE(redis_->Restart().ok());
  Connect();
  AppendMany("a-1", 6, 10);
  ASSERT_TRUE(Got(*stream, 10));
  EXPECT_EQ(stream->ids(), Ids("a-1", 1, 10));
  EXPECT_TRUE(Stored(10));
}

TEST_F(StoresTest, NoGapAndNoDuplicateWhenASubscriberBreaksAtRandomPoints) {
  std::mt19937 random(11);
  std::vector<std::string> processed;
  std::string cursor;
  std::uint64_t seq = 0;
  while (seq < 600) {
    const auto stream = rig_->Subscribe(kUnitA, cursor, cursor.empty());
    ASSERT_FALSE(stream->closed());
    const bool stalled = random() % 3 == 0;
    stream->Stall(stalled);
    const std::uint64_t more = random() % 60;
    AppendMany("a-1", seq + 1, seq + more);
    seq += more;
    if (!stalled) ASSERT_TRUE(Got(*stream, random() % (more + 1)));
    const auto received = stream->received();
    BrokerRig::Break(*stream);
    for (std::size_t i = 0, n = random() % (received.size() + 1); i < n; ++i) {
      for (const auto& observation : received[i].observations()) processed.push_back(observation.id());
      cursor = received[i].cursor();
    }
  }
  const auto last = rig_->Subscribe(kUnitA, cursor, cursor.empty());
  ASSERT_TRUE(Got(*last, seq - processed.size()));
  for (const std::string& id : last->ids()) processed.push_back(id);
  EXPECT_EQ(processed, Ids("a-1", 1, seq));
}

}  // namespace
}  // namespace nara::broker
