// append against a real Redis.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/redis/testing/append_fixture.h"

namespace nara {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::system_clock;
using ::testing::ElementsAre;
using enum RecordResult;

TEST_F(Append, WritesEachRecordOnceAndMovesTheWatermark) {
  const AppendCall call = Call({Sequenced(1), Sequenced(2)});
  const AppendResult first = Do(call);
  ASSERT_TRUE(first.status.ok()) << first.status;
  EXPECT_EQ(first.through, 2u);
  EXPECT_EQ(first.assignment, "a1");
  EXPECT_THAT(first.records, ElementsAre(kAppended, kAppended));
  EXPECT_THAT(Do(call).records, ElementsAre(kDuplicate, kDuplicate));
  EXPECT_THAT(Payloads(Log::kMeasurement), ElementsAre("p1", "p2"));
}

TEST_F(Append, WritesEachRecordToTheLogItsCallerNames) {
  std::vector<AppendRecord> records = {Sequenced(1), Sequenced(2), Sequenced(3), Sequenced(4)};
  records[0].to = AppendTo::kAlarmLog;
  records[2].to = AppendTo::kQuarantineLog;
  records[3].to = AppendTo::kSettle;
  EXPECT_EQ(Do(Call(records)).through, 4u);
  EXPECT_THAT(Payloads(Log::kAlarm), ElementsAre("p1"));
  EXPECT_THAT(Payloads(Log::kMeasurement), ElementsAre("p2"));
  EXPECT_THAT(Payloads(Log::kQuarantine), ElementsAre("p3"));
}

TEST_F(Append, LeavesWhatIsBeyondTheWindowToTheDevice) {
  const AppendResult result = Do(Call({Sequenced(65), Sequenced(64), Sequenced(1)}));
  EXPECT_THAT(result.records, ElementsAre(kBeyondWindow, kAppended, kAppended));
  EXPECT_EQ(result.through, 1u);
  EXPECT_THAT(Do(Call({Sequenced(65), Sequenced(64)})).records, ElementsAre(kAppended, kDuplicate));
}

TEST_F(Append, OnlyFromMovesTheWatermarkOverAGap) {
  EXPECT_EQ(Do(Call({Sequenced(3), Sequenced(5)})).through, 0u);
  EXPECT_EQ(Do(Call({}, 1, 3)).through, 3u);
  EXPECT_EQ(Do(Call({Sequenced(6)}, 1, 5)).through, 6u);
  EXPECT_EQ(Do(Call({Sequenced(1'000'000)}, 1, 1'000'000)).through, 1'000'000u);
  EXPECT_THAT(Do(Call({Sequenced(2)}, 1, 2)).records, ElementsAre(kDuplicate)) << "from never goes back";
}

TEST_F(Append, SaysConflictWhenAnIdComesWithOtherContent) {
  Do(Call({Sequenced(1, 7), Sequenced(3, 7)}));
  EXPECT_THAT(Do(Call({Sequenced(1, 8), Sequenced(3, 8), Sequenced(3, 7)})).records,
              ElementsAre(kConflict, kConflict, kDuplicate));
  EXPECT_EQ(Payloads(Log::kMeasurement).size(), 2u);
}

TEST_F(Append, ALateRecordThatFromGaveUpIsNoConflict) {
  std::vector<AppendRecord> many;
  for (std::uint64_t seq = 1; seq <= 64; ++seq) many.push_back(Sequenced(seq, seq));
  Do(Call(many));
  Do(Call({Sequenced(80, 80)}, 1, 80));
  EXPECT_THAT(Do(Call({Sequenced(70, 70)})).records, ElementsAre(kDuplicate));
}

TEST_F(Append, BindsAnEpochToTheAssignmentOfItsFirstSight) {
  Do(Call({Sequenced(1)}));
  AppendCall call = Call({Sequenced(2)});
  call.assignment = "a2";
  const AppendResult result = Do(call);
  EXPECT_TRUE(result.rebound);
  EXPECT_TRUE(absl::IsFailedPrecondition(result.status));
  EXPECT_EQ(result.assignment, "a1");
  EXPECT_EQ(result.through, 1u);
  EXPECT_THAT(Payloads(Log::kMeasurement), ElementsAre("p1"));
  call.epoch = 2;
  EXPECT_TRUE(Do(call).status.ok()) << "a new epoch is bound anew";
}

TEST_F(Append, AnEpochSeenBeforeItsDeviceWasAssignedBelongsToTheFirstAssignmentThatItMeets) {
  AppendCall call = Call({Sequenced(1)});
  call.assignment = "";
  EXPECT_TRUE(Do(call).status.ok());
  EXPECT_TRUE(Do(Call({Sequenced(2)})).status.ok());
  const AppendResult later = Do(call);
  EXPECT_TRUE(later.rebound);
  EXPECT_EQ(later.assignment, "a1");
}

TEST_F(Append, RefusesAWriterWithAnOldToken) {
  const AppendCall old = Call({Sequenced(1)});
  TakeShardToken(*connection_, ShardOf(kDevice), Lane::kMeasurement).value();
  EXPECT_TRUE(absl::IsAborted(Do(old).status));
  EXPECT_THAT(Payloads(Log::kMeasurement), ElementsAre());
}

// The first devices of the shard that kDevice is in.
std::vector<std::string> Neighbours(std::size_t count) {
  std::vector<std::string> devices;
  for (int number = 0; devices.size() < count; ++number) {
    std::string device = "neighbour-" + std::to_string(number);
    if (ShardOf(device) == ShardOf(kDevice)) devices.push_back(std::move(device));
  }
  return devices;
}

TEST_F(Append, CarriesOutManyUplinksOfAShardAsItDoesEachAlone) {
  std::vector<AppendCall> calls;
  for (const std::string& device : Neighbours(150)) {
    calls.push_back(Call({Sequenced(1), Sequenced(2)}));
    calls.back().device = device;
  }
  calls[3].records.clear();
  calls[40].assignment = "another";
  calls[41].epoch = 0;
  calls[41].records = {Hashed(1, false)};
  calls[77].token = token_ - 1;
  calls[78] = calls[40];
  calls[78].assignment = "third";
  const std::vector<AppendResult> results = appender_.Append(calls);
  EXPECT_THAT(results[3].records, ElementsAre());
  EXPECT_TRUE(results[3].status.ok());
  EXPECT_EQ(results[40].assignment, "another");
  EXPECT_THAT(results[41].records, ElementsAre(kAppended));
  EXPECT_TRUE(absl::IsAborted(results[77].status));
  EXPECT_TRUE(results[78].rebound);
  EXPECT_EQ(results[78].assignment, "another");
  for (const std::size_t index : {0u, 39u, 40u, 76u, 79u, 149u}) {
    EXPECT_THAT(results[index].records, ElementsAre(kAppended, kAppended)) << index;
    EXPECT_EQ(results[index].through, 2u) << index;
  }
  EXPECT_EQ(Payloads(Log::kMeasurement).size(), 300u - 7u);
}

TEST_F(Append, SuppressesHashIdsByTheirClass) {
  AppendCall call = Call({Hashed(1, true), Hashed(2, false)}, 0);
  EXPECT_THAT(Do(call).records, ElementsAre(kAppended, kAppended));
  call.now = kNow + minutes(9);
  EXPECT_THAT(Do(call).records, ElementsAre(kDuplicate, kDuplicate));
  call.now = kNow + minutes(10);
  EXPECT_THAT(Do(call).records, ElementsAre(kAppended, kDuplicate));
  call.now = kNow + hours(24);
  EXPECT_THAT(Do(call).records, ElementsAre(kAppended, kAppended));
}

TEST_F(Append, ARepeatDoesNotProlongTheSuppressionOfAnAlarm) {
  AppendCall call = Call({Hashed(1, true)}, 0);
  for (int minute = 0; minute < 10; ++minute) {
    call.now = kNow + minutes(minute);
    Do(call);
  }
  call.now = kNow + minutes(10);
  EXPECT_THAT(Do(call).records, ElementsAre(kAppended));
}

TEST_F(Append, AClockThatWasSetBackDoesNotSilenceAlarms) {
  AppendCall call = Call({Hashed(1, true)}, 0);
  Do(call);
  call.now = kNow - hours(5);
  EXPECT_THAT(Do(call).records, ElementsAre(kAppended));
}

TEST_F(Append, RemembersWhatItPutIntoQuarantine) {
  std::vector<AppendRecord> records = {Sequenced(1), Sequenced(2), Hashed(3, false), Hashed(4, true)};
  for (const std::size_t held : {1u, 2u, 3u}) records[held].to = AppendTo::kQuarantineLog;
  EXPECT_THAT(Do(Call(records)).records, ElementsAre(kAppended, kAppended, kAppended, kAppended));
  for (AppendRecord& record : records) record.to = AppendTo::kMeasurementLog;
  EXPECT_THAT(Do(Call(records)).records, ElementsAre(kDuplicate, kInQuarantine, kInQuarantine, kInQuarantine));
  EXPECT_THAT(Do(Call({Sequenced(2, 8)})).records, ElementsAre(kConflict));
  EXPECT_THAT(Payloads(Log::kMeasurement), ElementsAre("p1"));
}

TEST_F(Append, NoFloodOfADevicesRecordsMakesATechnicalOneNew) {
  AppendRecord technical = Hashed(1, true);
  technical.technical = true;
  std::vector<AppendRecord> records = {technical};
  for (std::uint64_t id = 2; id < 900; ++id) records.push_back(Hashed(id, id % 2 == 0));
  Do(Call(records, 0));
  AppendCall again = Call({technical}, 0);
  EXPECT_THAT(Do(again).records, ElementsAre(kDuplicate));
  again.now = kNow + minutes(10);
  EXPECT_THAT(Do(again).records, ElementsAre(kAppended));
}

TEST_F(Append, RefusesCallsBeyondItsLimitsUnsent) {
  AppendCall call = Call({Sequenced(kMaxSequence + 1)});
  EXPECT_TRUE(absl::IsInvalidArgument(Do(call).status));
  EXPECT_TRUE(absl::IsInvalidArgument(Do(Call({Sequenced(1)}, 0)).status));
  call = Call({});
  call.device = "../etc";
  EXPECT_TRUE(absl::IsInvalidArgument(Do(call).status));
  call = Call({});
  call.assignment = std::string(256, 'a');
  EXPECT_TRUE(absl::IsInvalidArgument(Do(call).status));
}

TEST_F(Append, CarriesTheLargestSequence) {
  EXPECT_EQ(Do(Call({Sequenced(kMaxSequence)}, ~std::uint64_t{0}, kMaxSequence)).through, kMaxSequence);
}

TEST_F(Append, LoadsTheFunctionsWhereTheyAreMissingOrOlder) {
  Do(Call({}));
  EXPECT_FALSE(EnsureFunctions(*connection_).value());
  connection_->Call({"FUNCTION", "FLUSH"}).value();
  EXPECT_FALSE(Do(Call({Sequenced(1)})).status.ok());
  EXPECT_TRUE(Do(Call({Sequenced(1)})).status.ok()) << "the next call connects anew and loads them";
  const auto load = [&](const std::string& version) {
    connection_
        ->Call({"FUNCTION", "LOAD", "REPLACE",
                "#!lua name=nara\n-- version " + version +
                    "\nredis.register_function('append_2', function() return 1 end)"})
        .value();
  };
  load("0");
  EXPECT_TRUE(EnsureFunctions(*connection_).value());
  load("999");
  EXPECT_FALSE(EnsureFunctions(*connection_).value()) << "a newer one stays";
  connection_->Call({"FUNCTION", "FLUSH"}).value();
}

}  // namespace
}  // namespace nara
