// Corrections of the past, as subscribers see them: on fakes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data_broker/testing/broker_rig.h"
#include "data_broker/testing/timeline.h"

namespace nara::broker {
namespace {

using nara::testing::WaitFor;
using testing::BrokerRig;
using ::testing::ElementsAre;
using testing::FakeWriter;
using ::testing::IsEmpty;
using testing::kNoon;
using testing::Side;
using ::testing::SizeIs;
using testing::Timeline;

const Side kAnna{.assignment = "as-a-1", .resident = "res-a-1", .unit = "unit-a"};
const Side kBerit{.assignment = "as-2", .resident = "r-berit", .unit = "unit-b"};

std::string Id(std::uint64_t seq) {
  return "a-1/m/00000000000000aa/" + std::to_string(seq);
}

class CorrectionsTest : public ::testing::Test {
 protected:
  CorrectionsTest() {
    audience_.Allow("care-a", {"unit-a"});
    audience_.Allow("care-b", {"unit-b"});
    audience_.Allow("care-c", {"unit-c"});
    audience_.Follows(timeline_.At(1));
    Start();
  }

  // A new process on the same stores.
  void Start() {
    rig_.reset();
    rig_ = std::make_unique<BrokerRig>(
        audience_, history_, history_, [this] { return logs_.Shelf(); }, [this] { return logs_.Source(); });
    rig_->StartHistory();
    rig_->StartFeed();
  }
  void Append(std::uint64_t from, std::uint64_t to) {
    for (std::uint64_t seq = from; seq <= to; ++seq) {
      logs_.Append(LogAt(0), testing::Say{.device = "a-1", .seq = seq, .at = kNoon + static_cast<std::int64_t>(seq)});
    }
  }
  void Learn(std::uint64_t revision) {
    audience_.Follows(timeline_.At(revision));
    rig_->relabeller().Changed({std::make_shared<registry::v1::Route>(timeline_.At(revision))});
  }
  // From Anna to Berit.
  void Correct(std::uint64_t revision) {
    timeline_.Correct(revision, kAnna, kBerit);
    Learn(revision);
  }
  bool Stored(std::size_t rows) {
    return WaitFor([&] { return history_.rows().size() == rows; });
  }
  bool Noticed(std::size_t notices) {
    return WaitFor([&] { return history_.notices().size() == notices && rig_->notices().head() == notices; });
  }
  static bool Got(const FakeWriter& stream, std::size_t count) {
    return WaitFor([&] { return stream.ids().size() >= count; });
  }
  // It has heard twice since.
  static bool Beats(const FakeWriter& stream) {
    const std::size_t before = stream.received().size();
    return WaitFor([&] { return stream.received().size() >= before + 2; });
  }

  testing::FakeLogs logs_;
  testing::FakeAudience audience_;
  testing::FakeHistory history_;
  Timeline timeline_ = Timeline("a-1").Assign(kAnna).Assign(kBerit);
  std::unique_ptr<BrokerRig> rig_;
};

TEST_F(CorrectionsTest, ARecordIsWithdrawnFromOneAndReissuedToTheOther) {
  const auto anna = rig_->Subscribe("care-a");
  const auto berit = rig_->Subscribe("care-b");
  const auto other = rig_->Subscribe("care-c");
  Append(1, 2);
  ASSERT_TRUE(Got(*anna, 2) && Stored(2));
  Correct(2);
  ASSERT_TRUE(Got(*berit, 2) && WaitFor([&] { return anna->withdrawn().size() == 2; }));
  EXPECT_THAT(anna->withdrawn(), ElementsAre(Id(1) + " unit-a 2", Id(2) + " unit-a 2"));
  EXPECT_THAT(berit->reissued(), ElementsAre(Id(1) + " r-berit 2", Id(2) + " r-berit 2"));
  EXPECT_THAT(anna->ids(), SizeIs(2)) << "never the content again";
  EXPECT_THAT(berit->withdrawn(), IsEmpty());
  EXPECT_TRUE(Beats(*other) && other->ids().empty() && other->withdrawn().empty());
  EXPECT_THAT(rig_->List("care-a")->observations(), IsEmpty());
  const auto page = rig_->List("care-b");
  ASSERT_THAT(page->observations(), SizeIs(2));
  EXPECT_EQ(page->observations(0).resident(), "r-berit");
}

TEST_F(CorrectionsTest, WhoResumesIsToldOfWhatHappenedMeanwhile) {
  const auto anna = rig_->Subscribe("care-a");
  const auto berit = rig_->Subscribe("care-b");
  Append(1, 3);
  ASSERT_TRUE(Got(*anna, 3) && Stored(3) && Beats(*berit));
  BrokerRig::Break(*anna);
  BrokerRig::Break(*berit);
  Correct(2);
  ASSERT_TRUE(Noticed(6));
  Start();
  const auto anna_again = rig_->Subscribe("care-a", anna->cursor());
  const auto berit_again = rig_->Subscribe("care-b", berit->cursor());
  ASSERT_TRUE(WaitFor([&] { return anna_again->withdrawn().size() == 3 && berit_again->reissued().size() == 3; }));
  EXPECT_THAT(anna_again->ids(), IsEmpty());
  const auto once = rig_->Subscribe("care-a", anna_again->cursor());
  EXPECT_TRUE(Beats(*once) && once->withdrawn().empty()) << "the cursor is behind them";
}

TEST_F(CorrectionsTest, WhoBeginsHasNothingToGiveBack) {
  Append(1, 3);
  ASSERT_TRUE(Stored(3));
  Correct(2);
  ASSERT_TRUE(Noticed(6));
  const auto anna = rig_->Subscribe("care-a", "", true);
  const auto berit = rig_->Subscribe("care-b", "", true);
  ASSERT_TRUE(Got(*berit, 3) && Beats(*anna));
  EXPECT_THAT(anna->withdrawn(), IsEmpty());
  EXPECT_THAT(anna->ids(), IsEmpty());
  EXPECT_THAT(berit->ids(), ElementsAre(Id(1), Id(2), Id(3)));
}

TEST_F(CorrectionsTest, TheSameCorrectionTwiceIsToldOnce) {
  const auto anna = rig_->Subscribe("care-a");
  Append(1, 2);
  ASSERT_TRUE(Got(*anna, 2) && Stored(2));
  Correct(2);
  ASSERT_TRUE(Noticed(4));
  Learn(2);
  Learn(3);
  ASSERT_TRUE(WaitFor([&] { return history_.relabelled()["a-1"] == 3; }));
  Start();
  Learn(3);
  EXPECT_THAT(history_.notices(), SizeIs(4));
  EXPECT_THAT(anna->withdrawn(), SizeIs(2));
}

TEST_F(CorrectionsTest, WhatWasStoppedInTheMiddleIsToldOnceAndWholly) {
  Append(1, 10);
  ASSERT_TRUE(Stored(10));
  rig_->Stop();
  timeline_.Correct(2, kAnna, kBerit).Correct(3, kBerit, kAnna).Correct(4, kAnna, kBerit);
  metrics::Registry registry;
  Metrics metrics(registry);
  Relabeller killed(metrics, {.devices = 1, .rows = 4});
  killed.Changed({std::make_shared<registry::v1::Route>(timeline_.At(4))});
  ASSERT_TRUE(killed.Run(history_).ok());
  EXPECT_THAT(history_.notices(), SizeIs(16));
  Start();
  Learn(4);
  ASSERT_TRUE(Noticed(40));
  EXPECT_THAT(rig_->List("care-b")->observations(), SizeIs(10));
}

TEST_F(CorrectionsTest, ACorrectionIsCorrected) {
  const auto anna = rig_->Subscribe("care-a");
  const auto berit = rig_->Subscribe("care-b");
  Append(1, 1);
  ASSERT_TRUE(Got(*anna, 1) && Stored(1));
  Correct(2);
  ASSERT_TRUE(Got(*berit, 1));
  timeline_.Correct(3, kBerit, kAnna);
  Learn(3);
  ASSERT_TRUE(WaitFor([&] { return berit->withdrawn().size() == 1 && anna->reissued().size() == 1; }));
  EXPECT_THAT(anna->withdrawn(), ElementsAre(Id(1) + " unit-a 2"));
  EXPECT_THAT(anna->reissued(), ElementsAre(Id(1) + " res-a-1 3"));
  EXPECT_THAT(berit->withdrawn(), ElementsAre(Id(1) + " unit-b 3"));
}

TEST_F(CorrectionsTest, WhoseRightHasEndedIsToldNothing) {
  const auto anna = rig_->Subscribe("care-a");
  const auto berit = rig_->Subscribe("care-b");
  Append(1, 2);
  ASSERT_TRUE(Got(*anna, 2) && Stored(2));
  audience_.Allow("care-a", {"unit-c"});
  audience_.Allow("care-b", {"unit-c"});
  Correct(2);
  ASSERT_TRUE(Noticed(4) && Beats(*anna) && Beats(*berit));
  EXPECT_THAT(anna->withdrawn(), IsEmpty());
  EXPECT_THAT(berit->ids(), IsEmpty());
}

// Delivered live, not stored yet when the correction came.
TEST_F(CorrectionsTest, WhatHistoryStoresAfterTheCorrectionIsToldToo) {
  history_.Down(true);
  const auto anna = rig_->Subscribe("care-a");
  const auto berit = rig_->Subscribe("care-b");
  Append(1, 2);
  ASSERT_TRUE(Got(*anna, 2));
  Correct(2);
  history_.Down(false);
  ASSERT_TRUE(Stored(2));
  EXPECT_TRUE(Noticed(4)) << history_.notices().size() << " of which are seen " << rig_->notices().head();
  ASSERT_TRUE(WaitFor([&] { return anna->withdrawn().size() == 2 && berit->reissued().size() == 2; }));
  EXPECT_EQ(history_.units()[Id(1)], "unit-b");
}

TEST_F(CorrectionsTest, WhatIsReadFromTheLogAfterTheCorrectionIsTheRightfulResidents) {
  rig_->Stop();
  timeline_.Correct(2, kAnna, kBerit);
  audience_.Follows(timeline_.At(2));
  Start();
  const auto anna = rig_->Subscribe("care-a");
  const auto berit = rig_->Subscribe("care-b");
  Append(1, 1);
  ASSERT_TRUE(Got(*berit, 1) && Beats(*anna));
  for (const auto& response : berit->received()) {
    for (const auto& observation : response.observations()) EXPECT_EQ(observation.resident(), "r-berit");
  }
  EXPECT_THAT(anna->ids(), IsEmpty());
}

TEST_F(CorrectionsTest, WhatNobodyHadIsShownToNobody) {
  const auto anna = rig_->Subscribe("care-a");
  const auto berit = rig_->Subscribe("care-b");
  Append(1, 2);
  ASSERT_TRUE(Got(*anna, 2) && Stored(2));
  timeline_ = Timeline("a-1").Assign(kAnna).End("as-a-1", kNoon).Correct(2, kAnna, {});
  Learn(2);
  ASSERT_TRUE(Noticed(2) && WaitFor([&] { return anna->withdrawn().size() == 2; }) && Beats(*berit));
  EXPECT_THAT(berit->ids(), IsEmpty());
  for (const char* caller : {"care-a", "care-b"}) EXPECT_THAT(rig_->List(caller)->observations(), IsEmpty());
  EXPECT_THAT(history_.rows(), SizeIs(2)) << "kept";
  timeline_.Assign(kBerit, kNoon);
  Learn(3);
  ASSERT_TRUE(Got(*berit, 2)) << "it turns out whose they were";
}

TEST_F(CorrectionsTest, ANoticeWaitsForTheRoutesThatItComesFrom) {
  const auto anna = rig_->Subscribe("care-a");
  Append(1, 1);
  ASSERT_TRUE(Got(*anna, 1) && Stored(1));
  audience_.KnowsUpTo(1);
  Correct(2);
  ASSERT_TRUE(WaitFor([&] { return history_.notices().size() == 2; }) && Beats(*anna));
  EXPECT_THAT(anna->withdrawn(), IsEmpty());
  audience_.KnowsUpTo(2);
  EXPECT_TRUE(WaitFor([&] { return anna->withdrawn().size() == 1; }));
}

TEST_F(CorrectionsTest, NoticesThatCannotBeReadAreReadLater) {
  const auto anna = rig_->Subscribe("care-a");
  Append(1, 1);
  ASSERT_TRUE(Got(*anna, 1) && Stored(1));
  history_.Down(true);
  Correct(2);
  ASSERT_TRUE(WaitFor([&] {
    return rig_->registry().Text().find("nara_broker_failures_total{consumer=\"notices\"} 0") == std::string::npos;
  }));
  history_.Down(false);
  EXPECT_TRUE(WaitFor([&] { return anna->withdrawn().size() == 1; }));
}

TEST_F(CorrectionsTest, OnlyTheKindsAndUnitsThatWereWishedAreTold) {
  v1::SubscribeRequest request;
  request.add_kinds("weight");
  const auto weight = rig_->Subscribe("care-a", request);
  audience_.Allow("care-ab", {"unit-a", "unit-b"});
  request.clear_kinds();
  request.add_units("unit-b");
  const auto only_b = rig_->Subscribe("care-ab", request);
  Append(1, 1);
  ASSERT_TRUE(Stored(1));
  Correct(2);
  ASSERT_TRUE(Got(*only_b, 1) && Beats(*weight) && Beats(*only_b));
  EXPECT_THAT(only_b->withdrawn(), IsEmpty());
  EXPECT_THAT(weight->withdrawn(), IsEmpty());
}

TEST_F(CorrectionsTest, ARecipientThatTakesNothingIsToldAsFastAsItReads) {
  const auto anna = rig_->Subscribe("care-a");
  Append(1, 700);
  ASSERT_TRUE(Got(*anna, 700) && Stored(700));
  anna->Stall(true);
  Correct(2);
  ASSERT_TRUE(WaitFor([&] { return history_.notices().size() == 1400; }, std::chrono::seconds(20)));
  anna->Stall(false);
  ASSERT_TRUE(WaitFor([&] { return anna->withdrawn().size() >= 700; }, std::chrono::seconds(20)));
  EXPECT_THAT(anna->withdrawn(), SizeIs(700));
}

}  // namespace
}  // namespace nara::broker
