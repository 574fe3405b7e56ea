#include "data_broker/record_reader.h"

#include <gtest/gtest.h>

#include "data_broker/testing/fakes.h"

namespace nara::broker {
namespace {

using testing::FakeAudience;
using testing::PayloadOf;
using testing::Say;
using Outcome = RecordReader::Outcome;

class RecordReaderTest : public ::testing::Test {
 protected:
  RecordReaderTest() { audience_.Answers("glu-1", "unit-a"); }

  RecordReader::Result Read(std::string payload) { return reader_.Read(5, {{7, 1}, std::move(payload)}); }

  metrics::Registry registry_;
  Metrics metrics_{registry_};
  FakeAudience audience_;
  std::chrono::steady_clock::time_point now_;
  RecordReader reader_{{.care_kinds = {"glucose"}, .patience = std::chrono::seconds(5), .now = [this] { return now_; }},
                       audience_,
                       metrics_};
};

TEST_F(RecordReaderTest, ACareRecordKeepsWhatTheDeviceSaid) {
  const auto result = Read(PayloadOf({.seq = 9}));
  ASSERT_EQ(result.outcome, Outcome::kCare);
  const v1::Observation& observation = result.record->observation;
  EXPECT_EQ(observation.id(), "glu-1/m/00000000000000aa/9");
  EXPECT_EQ(observation.resident(), "res-glu-1");
  EXPECT_EQ(observation.values(0).decimal(), "5.40");
  EXPECT_EQ(observation.effective_at().seconds(), testing::kNoon);
  EXPECT_EQ(result.record->log, 5U);
  EXPECT_EQ(result.record->position, (Position{7, 1}));
  EXPECT_EQ(result.record->party, (Party{"1480", "unit-a"}));
}

TEST_F(RecordReaderTest, TestsAndOtherPurposesAreNotCareData) {
  EXPECT_EQ(Read(PayloadOf({.test = true})).outcome, Outcome::kNotCare);
  EXPECT_EQ(Read(PayloadOf({.kind = "low_battery"})).outcome, Outcome::kNotCare);
}

TEST_F(RecordReaderTest, NonsenseIsSkippedAndCounted) {
  EXPECT_EQ(Read("\xff\xff nonsense").outcome, Outcome::kNotCare);
  EXPECT_EQ(Read("").outcome, Outcome::kNotCare);
  EXPECT_NE(registry_.Text().find("nara_broker_unreadable_entries_total 2"), std::string::npos);
}

TEST_F(RecordReaderTest, WaitsForARouteThatIsOnItsWay) {
  const std::string payload = PayloadOf({.route_revision = 2});
  EXPECT_EQ(Read(payload).outcome, Outcome::kWait);
  audience_.Answers("glu-1", "unit-b", 2);
  const auto result = Read(payload);
  ASSERT_EQ(result.outcome, Outcome::kCare);
  EXPECT_EQ(result.record->party.unit, "unit-b");
}

TEST_F(RecordReaderTest, DoesNotWaitForEverForARoute) {
  const std::string payload = PayloadOf({.route_revision = 2});
  EXPECT_EQ(Read(payload).outcome, Outcome::kWait);
  now_ += std::chrono::seconds(6);
  EXPECT_EQ(Read(payload).outcome, Outcome::kCare);
  EXPECT_EQ(Read(PayloadOf({.seq = 2, .route_revision = 2})).outcome, Outcome::kCare) << "nor again";
}

TEST_F(RecordReaderTest, ADeviceWithoutARouteIsNobodys) {
  EXPECT_EQ(Read(PayloadOf({.device = "new-1"})).outcome, Outcome::kWait);
  now_ += std::chrono::seconds(6);
  const auto result = Read(PayloadOf({.device = "new-1"}));
  ASSERT_EQ(result.outcome, Outcome::kCare);
  EXPECT_TRUE(result.record->party.nobody());
}

}  // namespace
}  // namespace nara::broker
