// Corrections of the past on a real PostgreSQL and a real Redis.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "data_broker/testing/stores.h"
#include "data_broker/testing/timeline.h"

namespace nara::broker {
namespace {

using nara::testing::WaitFor;
using testing::BrokerRig;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::kNoon;
using testing::Say;
using testing::Side;
using ::testing::SizeIs;
using testing::Timeline;

constexpr auto kLong = std::chrono::seconds(60);

class CorrectionsStoresTest : public testing::StoresTest {
 protected:
  // From Anna's to Berit's, all of the time.
  void Correct(std::uint64_t revision) {
    timeline_.Correct(revision, kAnna, kBerit);
    routes_.Apply(false, {timeline_.At(revision)}, revision);
  }
  std::int64_t Ask(const std::string& sql) {
    auto connection = PostgresConnection::Connect({.conninfo = postgres_->conninfo()});
    if (!connection.ok()) return -1;
    const auto result = (*connection)->Execute(sql);
    return result.ok() ? (*result)[0].Int64(0) : -1;
  }
  bool Noticed(std::size_t notices) {
    return WaitFor([&] { return Ask("select count(*) from broker.notices") == static_cast<std::int64_t>(notices); },
                   kLong);
  }
  // So many records of history that stood in no log.
  void Fill(std::uint64_t records) {
    ASSERT_TRUE(WaitFor([&] { return Ask("select count(*) from broker.notice_head") == 1; }));
    PostgresHistoryWriter loader(Postgres(), "loader", std::chrono::seconds(1));
    metrics::Registry registry;
    Metrics metrics(registry);
    const RecordReader reader(BrokerRig::CareKinds(), audience_, metrics);
    HistoryBatch batch;
    for (std::uint64_t seq = 1; seq <= records; ++seq) {
      const Say say{.device = "a-1", .seq = seq, .at = kNoon + static_cast<std::int64_t>(seq)};
      batch.rows.push_back(reader.Read(LogAt(0), {{seq, 0}, testing::PayloadOf(say)}));
      if (batch.rows.size() < 1000 && seq < records) continue;
      ASSERT_TRUE(loader.Store(std::exchange(batch, {})).ok());
    }
  }

  const Side kAnna{.assignment = "as-a-1", .resident = "res-a-1", .unit = kUnitA};
  const Side kBerit{.assignment = "as-2", .resident = "r-berit", .unit = kUnitB, .principal = "1481"};
  Timeline timeline_ = Timeline("a-1").Assign(kAnna).Assign(kBerit);
};

TEST_F(CorrectionsStoresTest, AHandfulIsWithdrawnAndReissuedAndComesBack) {
  const auto anna = rig_->Subscribe(kUnitA);
  const auto berit = rig_->Subscribe(kUnitB);
  AppendMany("a-1", 1, 5);
  ASSERT_TRUE(Got(*anna, 5) && Stored(5));
  Correct(2);
  ASSERT_TRUE(Got(*berit, 5) && WaitFor([&] { return anna->withdrawn().size() == 5; }));
  EXPECT_EQ(anna->withdrawn().front(), Ids("a-1", 1, 1).front() + " " + kUnitA + " 2");
  EXPECT_EQ(berit->reissued().front(), Ids("a-1", 1, 1).front() + " r-berit 2");
  EXPECT_EQ(anna->ids(), Ids("a-1", 1, 5));
  v1::ListObservationsRequest of_berit;
  of_berit.set_resident("r-berit");
  EXPECT_THAT(rig_->List(kUnitB, of_berit)->observations(), SizeIs(5));
  EXPECT_THAT(rig_->List(kUnitA)->observations(), IsEmpty());

  timeline_.Correct(3, kBerit, kAnna);
  routes_.Apply(false, {timeline_.At(3)}, 3);
  ASSERT_TRUE(WaitFor([&] { return berit->withdrawn().size() == 5 && anna->reissued().size() == 5; }));
  EXPECT_EQ(anna->reissued().front(), Ids("a-1", 1, 1).front() + " res-a-1 3");
  routes_.Apply(false, {timeline_.At(4)}, 4);
  ASSERT_TRUE(WaitFor([&] { return Ask("select revision from broker.labelled_routes where device = 'a-1'") == 4; }));
  EXPECT_EQ(Ask("select count(*) from broker.notices"), 20) << "told once";
}

TEST_F(CorrectionsStoresTest, NoticesAreHiddenFromWhomTheyAreNotFor) {
  AppendMany("a-1", 1, 3);
  ASSERT_TRUE(Stored(3));
  Correct(2);
  ASSERT_TRUE(Noticed(6));
  auto connection = PostgresConnection::Connect({.conninfo = postgres_->conninfo("nara_broker"), .schema = "broker"});
  ASSERT_TRUE(connection.ok()) << connection.status();
  const auto count = [&] {
    const auto result = (*connection)->Execute("select count(*) from notices");
    return result.ok() ? (*result)[0].Int64(0) : -1;
  };
  EXPECT_EQ(count(), 0);
  ASSERT_TRUE((*connection)->Run("set nara.units = 'care-1480-1'").ok());
  EXPECT_EQ(count(), 3);
  ASSERT_TRUE((*connection)->Run("set nara.units = 'care-1490-1'").ok());
  EXPECT_EQ(count(), 0);
}

// The broker is stopped and PostgreSQL killed while pieces are under way.
TEST_F(CorrectionsStoresTest, FiftyThousandAreCorrectedInPiecesOverKillsAndToldOnce) {
  constexpr std::uint64_t kRecords = 50'000;
  const auto anna = rig_->Subscribe(kUnitA);
  const auto berit = rig_->Subscribe(kUnitB);
  ASSERT_TRUE(WaitFor([&] { return !anna->cursor().empty() && !berit->cursor().empty(); }));
  Fill(kRecords);
  BrokerRig::Break(*anna);
  Correct(2);
  ASSERT_TRUE(WaitFor([&] { return Ask("select count(*) from broker.notices") > 4'000; }, kLong));
  postgres_->Kill9();
  ASSERT_TRUE(postgres_->Restart().ok());
  ASSERT_TRUE(WaitFor([&] { return Ask("select count(*) from broker.notices") > 10'000; }, kLong));
  options_ = {.batch = 512, .notices = 256};
  Start();
  routes_.Apply(false, {timeline_.At(2)}, 2);
  ASSERT_TRUE(Noticed(2 * kRecords));
  EXPECT_EQ(Ask("select count(*) from broker.observations where unit = 'care-1481-1' and resident = 'r-berit'"),
            static_cast<std::int64_t>(kRecords));
  const auto anna_again = rig_->Subscribe(kUnitA, anna->cursor());
  ASSERT_TRUE(WaitFor([&] { return anna_again->withdrawn().size() >= kRecords; }, kLong));
  std::vector<std::string> told = anna_again->withdrawn();
  EXPECT_EQ(std::set<std::string>(told.begin(), told.end()).size(), kRecords);
  EXPECT_THAT(anna_again->ids(), IsEmpty());
}

}  // namespace
}  // namespace nara::broker
