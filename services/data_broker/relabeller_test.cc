#include "data_broker/relabeller.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data_broker/record_reader.h"
#include "data_broker/testing/fake_history.h"

namespace nara::broker {
namespace {

using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

Relabeller::RoutePtr Route(const std::string& device, std::uint64_t revision) {
  auto route = std::make_shared<registry::v1::Route>();
  route->set_device(device);
  route->set_revision(revision);
  return route;
}

// Everything of the device has been `unit`'s.
Relabeller::RoutePtr RouteTo(const std::string& unit, const std::string& device, std::uint64_t revision) {
  registry::v1::Route route = *Route(device, revision);
  auto& assignment = *route.add_assignments();
  assignment.set_id("as-" + device);
  auto& point = *assignment.add_responsibilities();
  point.set_purpose(registry::v1::PURPOSE_CARE);
  point.set_unit(unit);
  return std::make_shared<registry::v1::Route>(route);
}

class RelabellerTest : public ::testing::Test {
 protected:
  // A row of the device for each second of its log, labelled "old".
  void Store(const std::string& device, std::uint64_t rows) {
    testing::FakeAudience audience;
    audience.Answers(device, "old");
    const RecordReader reader({"glucose"}, audience, metrics_);
    HistoryBatch batch;
    for (std::uint64_t seq = 1; seq <= rows; ++seq) {
      const testing::Say say{.device = device, .seq = seq, .at = static_cast<std::int64_t>(seq)};
      batch.rows.push_back(reader.Read(LogAt(0), {{seq, 0}, testing::PayloadOf(say)}));
    }
    ASSERT_TRUE(history_.Store(batch).ok());
  }
  std::size_t Of(const std::string& unit) const {
    const auto units = history_.units();
    return static_cast<std::size_t>(std::ranges::count_if(units, [&](const auto& row) { return row.second == unit; }));
  }

  metrics::Registry registry_;
  Metrics metrics_{registry_};
  testing::FakeHistory history_;
  Relabeller relabeller_{metrics_, {.devices = 2, .rows = 100}};
};

TEST_F(RelabellerTest, WorksInSmallPiecesAndRemembers) {
  relabeller_.Changed({Route("d-1", 1), Route("d-2", 1), Route("d-3", 1)});
  ASSERT_TRUE(relabeller_.Run(history_).ok());
  EXPECT_THAT(history_.relabelled(), SizeIs(2));
  ASSERT_TRUE(relabeller_.Run(history_).ok());
  EXPECT_THAT(history_.relabelled(), SizeIs(3));
}

TEST_F(RelabellerTest, ALongHistoryIsCorrectedAPieceAtATime) {
  Store("d-1", 250);
  relabeller_.Changed({RouteTo("new", "d-1", 2)});
  ASSERT_TRUE(relabeller_.Run(history_).ok());
  EXPECT_EQ(Of("new"), 100U);
  EXPECT_TRUE(relabeller_.waiting());
  EXPECT_THAT(history_.relabelled(), IsEmpty()) << "noted last";
  ASSERT_TRUE(relabeller_.Run(history_).ok());
  ASSERT_TRUE(relabeller_.Run(history_).ok());
  EXPECT_EQ(Of("new"), 250U);
  EXPECT_FALSE(relabeller_.waiting());
  EXPECT_THAT(history_.relabelled(), UnorderedElementsAre(Pair("d-1", 2U)));
}

TEST_F(RelabellerTest, ACrashBetweenTwoPiecesRepeatsThem) {
  Store("d-1", 150);
  relabeller_.Changed({RouteTo("new", "d-1", 2)});
  ASSERT_TRUE(relabeller_.Run(history_).ok());
  Relabeller restarted(metrics_, {.devices = 2, .rows = 100});
  restarted.Changed({RouteTo("new", "d-1", 2)});
  ASSERT_TRUE(restarted.Run(history_).ok());
  ASSERT_TRUE(restarted.Run(history_).ok());
  EXPECT_EQ(Of("new"), 150U);
  EXPECT_THAT(history_.relabelled(), UnorderedElementsAre(Pair("d-1", 2U)));
}

TEST_F(RelabellerTest, ANewerRouteBetweenTwoPiecesBeginsAnew) {
  Store("d-1", 150);
  relabeller_.Changed({RouteTo("new", "d-1", 2)});
  ASSERT_TRUE(relabeller_.Run(history_).ok());
  relabeller_.Changed({RouteTo("newest", "d-1", 3)});
  ASSERT_TRUE(relabeller_.Run(history_).ok());
  ASSERT_TRUE(relabeller_.Run(history_).ok());
  EXPECT_EQ(Of("newest"), 150U);
}

TEST_F(RelabellerTest, WhatTakesTooLongIsDoneInSmallerPieces) {
  Store("d-1", 150);
  history_.Manages(30);
  relabeller_.Changed({RouteTo("new", "d-1", 2)});
  for (int run = 0; run < 12; ++run) relabeller_.Run(history_).IgnoreError();
  EXPECT_EQ(Of("new"), 150U);
  EXPECT_THAT(history_.relabelled(), UnorderedElementsAre(Pair("d-1", 2U)));
  EXPECT_EQ(registry_.Text().find("nara_broker_history_halvings_total 0"), std::string::npos);
}

TEST_F(RelabellerTest, ADeviceThatFailsStopsNoOther) {
  history_.RefuseLabels("d-1");
  relabeller_.Changed({Route("d-1", 1), Route("d-2", 1), Route("d-3", 1)});
  for (int run = 0; run < 4; ++run) relabeller_.Run(history_).IgnoreError();
  EXPECT_THAT(history_.relabelled(), UnorderedElementsAre(Pair("d-2", 1U), Pair("d-3", 1U)));
}

TEST_F(RelabellerTest, ASnapshotAfterARestartCostsNothing) {
  relabeller_.Changed({Route("d-1", 4)});
  ASSERT_TRUE(relabeller_.Run(history_).ok());
  Relabeller restarted(metrics_);
  restarted.Changed({Route("d-1", 4), Route("d-2", 5)});
  ASSERT_TRUE(restarted.Run(history_).ok());
  EXPECT_NE(registry_.Text().find("nara_broker_relabelled_devices_total 2"), std::string::npos);
}

TEST_F(RelabellerTest, WhatFailedIsDoneAgainInItsNewestForm) {
  ASSERT_TRUE(relabeller_.Run(history_).ok());
  relabeller_.Changed({Route("d-1", 1)});
  history_.Down(true);
  EXPECT_FALSE(relabeller_.Run(history_).ok());
  EXPECT_THAT(history_.relabelled(), IsEmpty());
  relabeller_.Changed({Route("d-1", 2)});
  history_.Down(false);
  ASSERT_TRUE(relabeller_.Run(history_).ok());
  EXPECT_THAT(history_.relabelled(), UnorderedElementsAre(Pair("d-1", 2U)));
}

}  // namespace
}  // namespace nara::broker
