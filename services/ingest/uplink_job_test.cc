#include "ingest/uplink_job.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/time/text.h"
#include "ingest/testing/fakes.h"
#include "ingest/uplink_json.h"
#include "nara/ingest/v1/ingest.pb.h"

namespace nara::ingest {
namespace {

using nara::ingest::v1::Quarantined;
using nara::telemetry::v1::LogRecord;
using nara::telemetry::v1::Receipt;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::int64_t kNow = 1'771'310'000;  // 2026-02-17T06:33:20Z
constexpr std::int64_t kStart = kNow - 30 * 86'400;

const Catalogue& TheCatalogue() {
  static const absl::StatusOr<Catalogue> catalogue = Catalogue::Load(NARA_CATALOGUE);
  EXPECT_TRUE(catalogue.ok()) << catalogue.status();
  return *catalogue;
}

class Job : public ::testing::Test {
 protected:
  // Sends JSON as a blood pressure meter (or the dispenser, on the alarm lane) and drives the job to its end.
  Receipt Send(const std::string& json, Lane lane = Lane::kMeasurement) {
    Origin origin{device_, lane, Encoding::kJson, absl::FromUnixSeconds(kNow), false, clock_in_doubt_};
    auto route = route_ ? std::make_shared<registry::v1::Route>(*route_) : nullptr;
    UplinkJob job(judge_, origin, route, DecodeUplink(json, Encoding::kJson), json);
    for (int call = 0; !job.done(); ++call) {
      EXPECT_LT(call, 4) << "a job ends";
      if (call >= 4) break;
      const std::vector<AppendCall> calls = {job.NextCall(1)};
      EXPECT_TRUE(job.Take(log_.Append(calls)[0]).ok());
    }
    return job.receipt();
  }

  static std::string BloodPressure(const std::string& more = "",
                                   const std::string& values = R"("systolic":138,"diastolic":84)") {
    return absl::StrCat(R"({"kind":"blood_pressure","values":{)", values, "}", more, "}");
  }
  static std::string At(std::int64_t seconds) {
    return absl::StrCat(",\"at\":\"", FormatRfc3339(absl::FromUnixSeconds(seconds)), "\"");
  }
  static std::string Uplink(const std::string& records, const std::string& more = "") {
    return absl::StrCat("{", more, more.empty() ? "" : ",", "\"records\":[", records, "]}");
  }
  void UseDispenser() {
    device_ = "disp-1";
    route_ = testing::RouteOf(device_, "evondos", kStart);
  }

  // What a receipt says: "through 7 held 5 rejected 6:reason".
  static std::string Text(const Receipt& receipt) {
    std::vector<std::string> parts = {absl::StrCat("through ", receipt.through())};
    for (const auto seq : receipt.held()) parts.push_back(absl::StrCat("held ", seq));
    for (const auto& no : receipt.rejected()) parts.push_back(absl::StrCat("rejected ", no.seq(), ":", no.reason()));
    return absl::StrJoin(parts, " ");
  }
  std::vector<std::string> QuarantineReasons() const {
    std::vector<std::string> reasons;
    for (const auto& entry : log_.Entries<Quarantined>(AppendTo::kQuarantineLog)) reasons.push_back(entry.reason());
    return reasons;
  }
  std::vector<LogRecord> Measurements() const { return log_.Entries<LogRecord>(AppendTo::kMeasurementLog); }
  std::vector<LogRecord> Alarms() const { return log_.Entries<LogRecord>(AppendTo::kAlarmLog); }

  std::string device_ = "bp-1";
  std::optional<registry::v1::Route> route_ = testing::RouteOf("bp-1", "bp-meter", kStart);
  bool clock_in_doubt_ = false;
  const Judge judge_{TheCatalogue()};
  testing::FakeLog log_;
};

TEST_F(Job, AGoodRecordGoesToTheMeasurementLogWithWhoseItIs) {
  const Receipt receipt =
      Send(Uplink(BloodPressure(absl::StrCat(",\"seq\":1", At(kNow - 60))), R"("epoch":"9f3c","from":1)"));
  EXPECT_EQ(Text(receipt), "through 1");
  EXPECT_EQ(receipt.epoch(), 0x9f3cu);
  ASSERT_EQ(Measurements().size(), 1u);
  const LogRecord record = Measurements()[0];
  EXPECT_EQ(record.event_id(), "bp-1/m/0000000000009f3c/1");
  EXPECT_EQ(record.assignment(), "a1");
  EXPECT_EQ(record.resident(), "r1");
  EXPECT_EQ(record.product(), "bp-meter");
  EXPECT_EQ(record.route_revision(), 7u);
  EXPECT_EQ(record.effective_at().seconds(), kNow - 60);
  EXPECT_EQ(record.received_at().seconds(), kNow);
  EXPECT_THAT(record.flags(), IsEmpty());
}

TEST_F(Job, ASimpleSenderNeedsNoEpochAndGetsItsRefBack) {
  const std::string uplink = Uplink(BloodPressure(At(kNow)), R"("ref":"tuesday")");
  EXPECT_EQ(Send(uplink).ref(), "tuesday");
  EXPECT_EQ(Send(uplink).ref(), "tuesday");
  ASSERT_EQ(Measurements().size(), 1u) << "the same again is counted once";
  EXPECT_THAT(Measurements()[0].event_id(), ::testing::MatchesRegex("bp-1/m/[0-9a-f]{16}/0"));
}

TEST_F(Job, TwoEqualValuesWithoutTimeAndSequenceAreTwoWhenTheyComeAtDifferentTimes) {
  Send(Uplink(BloodPressure()));
  Origin later{device_, Lane::kMeasurement, Encoding::kJson, absl::FromUnixSeconds(kNow + 60)};
  const std::string json = Uplink(BloodPressure());
  UplinkJob job(judge_, later, std::make_shared<registry::v1::Route>(*route_), DecodeUplink(json, Encoding::kJson),
                json);
  const std::vector<AppendCall> calls = {job.NextCall(1)};
  ASSERT_TRUE(job.Take(log_.Append(calls)[0]).ok());
  ASSERT_EQ(Measurements().size(), 2u);
  EXPECT_THAT(Measurements()[0].flags(), ElementsAre(nara::telemetry::v1::FLAG_TIME_MISSING));
}

TEST_F(Job, ABadValueIsRejectedByNameAndTheGoodOnesCount) {
  const std::string records = absl::StrJoin(
      std::vector<std::string>{
          BloodPressure(",\"seq\":1"), BloodPressure(",\"seq\":2", R"("systolic":900,"diastolic":84)"),
          BloodPressure(",\"seq\":3", R"("systolic":1e2,"diastolic":84)"), R"({"kind":"nonsense","seq":4})",
          R"({"kind":"body_weight","seq":5,"values":{"weight":80}})", BloodPressure(",\"seq\":6")},
      ",");
  const Receipt receipt = Send(Uplink(records, R"("epoch":"1","from":1)"));
  EXPECT_EQ(Text(receipt),
            "through 6 rejected 2:value_out_of_range rejected 3:not_a_number rejected 4:unknown_kind "
            "rejected 5:kind_not_of_product");
  EXPECT_EQ(Measurements().size(), 2u);
  EXPECT_THAT(QuarantineReasons(),
              ElementsAre("value_out_of_range", "not_a_number", "unknown_kind", "kind_not_of_product"));
  EXPECT_THAT(Alarms(), IsEmpty()) << "a measurement rings nobody";
}

TEST_F(Job, WhatIsUnreadableIsAnsweredAndKeptAsItCame) {
  const Receipt receipt = Send("{\"records\":[");
  EXPECT_EQ(Text(receipt), "through 0 rejected 0:unreadable");
  const auto entries = log_.Entries<Quarantined>(AppendTo::kQuarantineLog);
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries[0].payload(), "{\"records\":[");
  EXPECT_EQ(entries[0].device(), "bp-1");
  EXPECT_EQ(entries[0].disposition(), nara::ingest::v1::DISPOSITION_REJECTED);
}

TEST_F(Job, SeventyKilobytesAreTooLarge) {
  EXPECT_EQ(Text(Send(std::string(70'000, ' '))), "through 0 rejected 0:too_large");
  EXPECT_THAT(QuarantineReasons(), ElementsAre("too_large"));
}

TEST_F(Job, TheYears1970And2100AreHeld) {
  const std::string records =
      BloodPressure(",\"seq\":1" + At(0)) + "," + BloodPressure(",\"seq\":2" + At(4'102'444'800));
  EXPECT_EQ(Text(Send(Uplink(records, R"("epoch":"1","from":1)"))), "through 2 held 1 held 2");
  EXPECT_THAT(QuarantineReasons(), ElementsAre("time_in_doubt", "time_in_doubt"));
  const auto entries = log_.Entries<Quarantined>(AppendTo::kQuarantineLog);
  EXPECT_EQ(entries[0].disposition(), nara::ingest::v1::DISPOSITION_HELD);
  EXPECT_EQ(entries[0].seq(), 1u);
}

TEST_F(Job, AClockThatIsAheadIsFlagged) {
  Send(Uplink(BloodPressure(",\"seq\":1" + At(kNow + 3600)), R"("epoch":"1")"));
  EXPECT_THAT(Measurements()[0].flags(), ElementsAre(nara::telemetry::v1::FLAG_TIME_AHEAD));
}

TEST_F(Job, WhileOurClockIsInDoubtADevicesTimeIsFlaggedAndStays) {
  clock_in_doubt_ = true;
  const std::string sent =
      absl::StrCat(R"("epoch":"1","sent":")", FormatRfc3339(absl::FromUnixSeconds(kNow - 3600)), "\"");
  Send(Uplink(BloodPressure(",\"seq\":1" + At(kNow - 3700)), sent));
  ASSERT_EQ(Measurements().size(), 1u);
  EXPECT_EQ(Measurements()[0].effective_at().seconds(), kNow - 3700);
  EXPECT_EQ(Measurements()[0].clock_offset_ms(), 0);
  EXPECT_THAT(Measurements()[0].flags(), ElementsAre(nara::telemetry::v1::FLAG_TIME_UNCHECKED));
}

TEST_F(Job, WhatAnUnknownDeviceSendsIsHeld) {
  route_.reset();
  EXPECT_EQ(Text(Send(Uplink(BloodPressure(",\"seq\":1"), R"("epoch":"1","from":1)"))), "through 1 held 1");
  EXPECT_THAT(QuarantineReasons(), ElementsAre("no_assignment"));
}

TEST_F(Job, WhatNobodysDeviceSendsIsHeld) {
  route_->clear_assignments();
  EXPECT_EQ(Text(Send(Uplink(BloodPressure(",\"seq\":1"), R"("epoch":"1","from":1)"))), "through 1 held 1");
}

TEST_F(Job, AnOldEpochKeepsItsAssignmentAfterTheDeviceWasGivenToSomebodyElse) {
  Send(Uplink(BloodPressure(",\"seq\":1" + At(kNow - 600)), R"("epoch":"1","from":1)"));
  route_->mutable_assignments(0)->mutable_end_at()->set_seconds(kNow - 300);
  auto& next = *route_->add_assignments();
  next.set_id("a2");
  next.set_resident("r2");
  next.mutable_start_at()->set_seconds(kNow - 300);
  // The old epoch: what was measured before the end is the first resident's, what came after is in doubt.
  const std::string records =
      BloodPressure(",\"seq\":2" + At(kNow - 400)) + "," + BloodPressure(",\"seq\":3" + At(kNow - 10));
  EXPECT_EQ(Text(Send(Uplink(records, R"("epoch":"1","from":1)"))), "through 3 held 3");
  Send(Uplink(BloodPressure(",\"seq\":1" + At(kNow - 5)), R"("epoch":"2","from":1)"));
  ASSERT_EQ(Measurements().size(), 3u);
  EXPECT_EQ(Measurements()[1].resident(), "r1");
  EXPECT_EQ(Measurements()[2].resident(), "r2");
}

TEST_F(Job, WhatIsInQuarantineStaysHeldWhenItComesAgain) {
  const std::string sequenced = Uplink(BloodPressure(",\"seq\":1" + At(kNow)), R"("epoch":"1","from":1)");
  const std::string simple = Uplink(BloodPressure(At(kNow)));
  const registry::v1::Route assigned = *route_;
  route_->clear_assignments();
  EXPECT_EQ(Text(Send(sequenced)), "through 1 held 1");
  EXPECT_EQ(Text(Send(simple)), "through 0 held 0");
  route_ = assigned;
  log_.bound[1] = "a1";
  EXPECT_EQ(Text(Send(sequenced)), "through 1 held 1") << "a clean receipt would say that somebody gets it";
  EXPECT_EQ(Text(Send(simple)), "through 0 held 0");
  EXPECT_THAT(Measurements(), IsEmpty());
}

TEST_F(Job, AQuarantinedRecordSaysWhereItBelongsOnlyWhenThatIsCertain) {
  route_->mutable_assignments(0)->mutable_end_at()->set_seconds(kNow - 300);
  auto& next = *route_->add_assignments();
  next.set_id("a2");
  next.set_resident("r2");
  next.mutable_start_at()->set_seconds(kNow - 300);
  log_.bound[1] = "a1";
  const auto low = [](int seq, std::int64_t at) {
    return BloodPressure(absl::StrCat(",\"seq\":", seq, At(at)), R"("systolic":1,"diastolic":1)");
  };
  Send(Uplink(low(1, kNow - 400) + "," + low(2, kNow - 10), R"("epoch":"1","from":1)"));
  Send(Uplink(low(1, kNow - 10), R"("epoch":"2","from":1)"));
  Send("nonsense");
  const auto entries = log_.Entries<Quarantined>(AppendTo::kQuarantineLog);
  ASSERT_EQ(entries.size(), 4u);
  EXPECT_EQ(entries[0].assignment(), "a1") << "of the old epoch, and in its time";
  EXPECT_EQ(entries[0].effective_at().seconds(), kNow - 400);
  EXPECT_EQ(entries[1].assignment(), "") << "of the old epoch, after its end";
  EXPECT_EQ(entries[2].assignment(), "a2");
  EXPECT_EQ(entries[3].assignment(), "") << "nobody knows from whose time it is";
}

TEST_F(Job, WhatIsInDoubtBelongsToTheOnlyAssignmentThereEverWas) {
  Send("nonsense");
  Send(Uplink(BloodPressure(At(0))));
  for (const Quarantined& entry : log_.Entries<Quarantined>(AppendTo::kQuarantineLog)) {
    EXPECT_EQ(entry.assignment(), "a1") << entry.reason();
    EXPECT_EQ(entry.effective_at().seconds(), kNow) << "who answers now looks at it";
  }
}

TEST_F(Job, TheSameSequenceWithOtherContentIsAConflictAndKept) {
  Send(Uplink(BloodPressure(",\"seq\":1" + At(kNow)), R"("epoch":"1","from":1)"));
  const std::string other =
      Uplink(BloodPressure(",\"seq\":1" + At(kNow), R"("systolic":120,"diastolic":80)"), R"("epoch":"1","from":1)");
  EXPECT_EQ(Text(Send(other)), "through 1 rejected 1:conflict");
  EXPECT_EQ(Text(Send(other)), "through 1 rejected 1:conflict");
  EXPECT_THAT(QuarantineReasons(), ElementsAre("conflict")) << "once";
  EXPECT_EQ(Measurements().size(), 1u);
}

TEST_F(Job, BeyondTheWindowNothingIsSettled) {
  EXPECT_EQ(Text(Send(Uplink(BloodPressure(",\"seq\":100"), R"("epoch":"1","from":1)"))), "through 0");
  EXPECT_THAT(Measurements(), IsEmpty());
}

TEST_F(Job, AMissedDoseGoesToTheAlarmLog) {
  UseDispenser();
  const std::string dose = R"({"kind":"dose_missed","episode":"dose-1","seq":1})";
  EXPECT_EQ(Text(Send(Uplink(dose, R"("epoch":"1","from":1)"), Lane::kAlarm)), "through 1");
  ASSERT_EQ(Alarms().size(), 1u);
  EXPECT_EQ(Alarms()[0].event_id(), "disp-1/a/0000000000000001/1");
  EXPECT_EQ(Alarms()[0].lane(), nara::telemetry::v1::LANE_ALARM);
  EXPECT_EQ(Alarms()[0].record().episode(), "dose-1");
}

TEST_F(Job, AnAlarmOnTheMeasurementTopicCountsWithAFlag) {
  UseDispenser();
  Send(Uplink(R"({"kind":"dose_missed","episode":"dose-1","seq":1})", R"("epoch":"1","from":1)"));
  ASSERT_EQ(Alarms().size(), 1u);
  EXPECT_THAT(Alarms()[0].flags(), ::testing::Contains(nara::telemetry::v1::FLAG_WRONG_LANE));
  EXPECT_EQ(Alarms()[0].lane(), nara::telemetry::v1::LANE_MEASUREMENT);
}

TEST_F(Job, AMeasurementOnTheAlarmTopicIsRejected) {
  UseDispenser();
  const std::string level = R"({"kind":"battery_level","values":{"level":80},"seq":1})";
  EXPECT_EQ(Text(Send(Uplink(level, R"("epoch":"1","from":1)"), Lane::kAlarm)), "through 1 rejected 1:wrong_lane");
}

TEST_F(Job, AnAlarmThatCannotBeDeliveredRaisesATechnicalEventWithoutResident) {
  UseDispenser();
  route_->clear_assignments();
  Send(Uplink(R"({"kind":"dose_missed","episode":"dose-1","seq":1})", R"("epoch":"1","from":1)"), Lane::kAlarm);
  ASSERT_EQ(Alarms().size(), 1u);
  EXPECT_EQ(Alarms()[0].record().kind(), kQuarantinedKind);
  EXPECT_EQ(Alarms()[0].record().episode(), "no_assignment");
  EXPECT_EQ(Alarms()[0].device(), "disp-1");
  EXPECT_EQ(Alarms()[0].resident(), "");
  EXPECT_EQ(Alarms()[0].assignment(), "");
}

TEST_F(Job, WhatIsUnreadableOnTheAlarmTopicRaisesATechnicalEventToo) {
  UseDispenser();
  Send("nonsense", Lane::kAlarm);
  ASSERT_EQ(Alarms().size(), 1u);
  EXPECT_EQ(Alarms()[0].record().episode(), "unreadable");
}

TEST_F(Job, ATestIsAppendedAsATest) {
  UseDispenser();
  Send(Uplink(R"({"kind":"dose_missed","test":true,"seq":1})", R"("epoch":"1","from":1)"), Lane::kAlarm);
  ASSERT_EQ(Alarms().size(), 1u);
  EXPECT_TRUE(Alarms()[0].record().test());
}

TEST_F(Job, ASharedDeviceNamesThePerson) {
  route_->mutable_assignments(0)->clear_resident();
  route_->mutable_assignments(0)->set_unit("housing-1");
  EXPECT_EQ(Text(Send(Uplink(BloodPressure(",\"seq\":1"), R"("epoch":"1","from":1)"))),
            "through 1 rejected 1:wrong_person");
  Send(Uplink(BloodPressure(",\"seq\":2,\"person\":\"p9\""), R"("epoch":"1","from":1)"));
  EXPECT_EQ(Measurements()[0].resident(), "p9");
}

TEST_F(Job, ADeviceOfOneResidentMayNotNameAnother) {
  EXPECT_EQ(Text(Send(Uplink(BloodPressure(",\"seq\":1,\"person\":\"p9\""), R"("epoch":"1","from":1)"))),
            "through 1 rejected 1:wrong_person");
}

TEST_F(Job, AnotherUnitOfMeasureIsConvertedAndTheSentValueStaysBesideIt) {
  device_ = "glucose-1";
  route_ = testing::RouteOf(device_, "glucose-meter", kStart);
  nara::telemetry::v1::Uplink uplink;
  auto& record = *uplink.add_records();
  record.set_kind("glucose");
  auto& value = *record.add_values();
  value.set_component("glucose");
  value.set_decimal("126");
  value.set_ucum("mg/dL");
  Origin origin{device_, Lane::kMeasurement, Encoding::kProtobuf, absl::FromUnixSeconds(kNow)};
  UplinkJob job(judge_, origin, std::make_shared<registry::v1::Route>(*route_), CheckUplink(uplink), {});
  const std::vector<AppendCall> calls = {job.NextCall(1)};
  ASSERT_TRUE(job.Take(log_.Append(calls)[0]).ok());
  ASSERT_EQ(Measurements().size(), 1u) << Text(job.receipt());
  EXPECT_EQ(Measurements()[0].record().values(0).decimal(), "6.99");
  EXPECT_EQ(Measurements()[0].record().values(0).sent_decimal(), "126");
}

TEST_F(Job, OnlyReasonsOfTheListAreGiven) {
  for (const std::string& json : {std::string("{"), Uplink(BloodPressure(",\"seq\":1")),
                                  Uplink(BloodPressure("", "\"systolic\":1,\"systolic2\":1")),
                                  Uplink(BloodPressure(At(0))), Uplink(R"({"kind":"blood_pressure"})")}) {
    const Receipt receipt = Send(json);
    for (const auto& rejection : receipt.rejected()) EXPECT_THAT(AllReasons(), ::testing::Contains(rejection.reason()));
  }
}

}  // namespace
}  // namespace nara::ingest
