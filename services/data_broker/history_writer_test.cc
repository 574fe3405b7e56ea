#include "data_broker/history_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/testing/wait_for.h"
#include "data_broker/testing/fake_history.h"

namespace nara::broker {
namespace {

using nara::testing::WaitFor;
using ::testing::Each;
using ::testing::Le;
using testing::Say;

class HistoryWriterTest : public ::testing::Test {
 protected:
  HistoryWriterTest() { audience_.Answers("a-1", "unit-a"); }

  void AppendMany(std::uint64_t from, std::uint64_t to) {
    for (std::uint64_t seq = from; seq <= to; ++seq) logs_.Append(LogAt(seq % 3), Say{.device = "a-1", .seq = seq});
  }
  bool Stored(std::size_t rows) {
    return WaitFor([&] { return history_.rows().size() == rows; });
  }
  bool Counted(const std::string& line) {
    return WaitFor([&] { return registry_.Text().find(line) != std::string::npos; });
  }

  testing::FakeLogs logs_;
  testing::FakeAudience audience_;
  testing::FakeHistory history_;
  ManualClock clock_{absl::FromUnixMillis(61'000)};
  metrics::Registry registry_;
  Metrics metrics_{registry_};
  Relabeller relabeller_{metrics_};
  HistoryWriter writer_{{.block = std::chrono::milliseconds(20),
                         .max_rows = 40,
                         .first_pause = std::chrono::milliseconds(1),
                         .last_pause = std::chrono::milliseconds(4),
                         .care_kinds = {"glucose"}},
                        {.make_shelf = [this] { return logs_.Shelf(); },
                         .make_source = [this] { return logs_.Source(); },
                         .store = history_,
                         .audience = audience_,
                         .relabeller = relabeller_,
                         .metrics = metrics_,
                         .clock = clock_}};
};

TEST_F(HistoryWriterTest, ABatchNeverHasMoreThanItsRows) {
  AppendMany(1, 149);
  writer_.Start();
  ASSERT_TRUE(Stored(149));
  EXPECT_THAT(history_.batches(), Each(Le(40U)));
}

TEST_F(HistoryWriterTest, WhatTakesTooLongIsStoredInHalves) {
  AppendMany(1, 149);
  history_.Manages(6);
  writer_.Start();
  ASSERT_TRUE(Stored(149));
  EXPECT_THAT(history_.batches(), Each(Le(6U)));
  EXPECT_EQ(registry_.Text().find("nara_broker_history_halvings_total 0"), std::string::npos);
}

TEST_F(HistoryWriterTest, LabelsThatCannotBeCorrectedStopNoBatch) {
  history_.RefuseLabels("a-1");
  auto route = std::make_shared<registry::v1::Route>();
  route->set_device("a-1");
  route->set_revision(2);
  relabeller_.Changed({route});
  writer_.Start();
  ASSERT_TRUE(Counted("nara_broker_failures_total{consumer=\"labels\"} 1"));
  AppendMany(1, 10);
  EXPECT_TRUE(Stored(10));
  EXPECT_TRUE(writer_.healthy());
}

// The first entry of FakeLogs stands at 1.001 s.
TEST_F(HistoryWriterTest, ARecordThatWaitsForItsRouteIsAsOldAsItIs) {
  logs_.Append(LogAt(0), Say{.device = "new-1", .seq = 1});
  writer_.Start();
  EXPECT_TRUE(Counted("nara_broker_lag_seconds{consumer=\"history\"} 59.999"));
  clock_.Advance(absl::Seconds(1));
  EXPECT_TRUE(Counted("nara_broker_lag_seconds{consumer=\"history\"} 60.999"));
}

TEST_F(HistoryWriterTest, AHeldLogLosesNothingThatWasReadAhead) {
  AppendMany(1, 60);
  logs_.Append(LogAt(0), Say{.device = "new-1", .seq = 1});
  for (std::uint64_t seq = 61; seq <= 90; ++seq) logs_.Append(LogAt(0), Say{.device = "a-1", .seq = seq});
  writer_.Start();
  ASSERT_TRUE(Stored(60));
  audience_.Answers("new-1", "unit-a");
  EXPECT_TRUE(Stored(91));
}

}  // namespace
}  // namespace nara::broker
