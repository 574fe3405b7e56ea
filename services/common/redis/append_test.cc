// append against a real Redis and a naive model, over random histories.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <random>
#include <tuple>

#include "common/redis/appender.h"
#include "common/redis/log_reader.h"
#include "common/testing/servers.h"

namespace nara {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::system_clock;
using ::testing::ElementsAre;
using enum RecordResult;

constexpr auto kDevice = "bp-1480-0007";
const system_clock::time_point kNow = system_clock::time_point(hours(24 * 365 * 50));

AppendRecord Sequenced(std::uint64_t seq, std::uint64_t digest = 7) {
  AppendRecord record;
  record.seq = seq;
  record.digest = digest;
  record.payload = "p" + std::to_string(seq);
  return record;
}

AppendRecord Hashed(std::uint64_t hash, bool alarm_class) {
  AppendRecord record;
  record.hash_id = hash;
  record.alarm_class = alarm_class;
  record.to = alarm_class ? AppendTo::kAlarmLog : AppendTo::kMeasurementLog;
  record.payload = "h" + std::to_string(hash);
  return record;
}

class Append : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { server_ = testing::RedisServer::Start({"appendfsync everysec"}).value().release(); }
  static void TearDownTestSuite() { delete server_; }

  Append() : directory_(server_->address()), appender_(directory_, {}) {
    connection_ = RedisConnection::Connect({.address = server_->address()}).value();
    connection_->Call({"FLUSHALL"}).value();
    token_ = TakeShardToken(*connection_, ShardOf(kDevice), Lane::kMeasurement).value();
  }

  AppendCall Call(std::vector<AppendRecord> records, std::uint64_t epoch = 1, std::uint64_t from = 0) {
    AppendCall call;
    call.device = kDevice;
    call.token = token_;
    call.epoch = epoch;
    call.from = from;
    call.assignment = "a1";
    call.now = kNow;
    call.records = std::move(records);
    return call;
  }

  AppendResult Do(const AppendCall& call) { return appender_.Append({&call, 1}).front(); }

  std::vector<std::string> Payloads(Log log) {
    std::vector<std::string> payloads;
    const auto entries = ReadRange(*connection_, {ShardOf(kDevice), log}, {}, 1'000'000).value();
    for (const LogEntry& entry : entries) payloads.push_back(entry.payload);
    return payloads;
  }

  static testing::RedisServer* server_;
  FixedShardDirectory directory_;
  Appender appender_;
  std::unique_ptr<RedisConnection> connection_;
  std::uint64_t token_ = 0;
};
testing::RedisServer* Append::server_ = nullptr;

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

// What append does, without cleverness: everything is remembered.
class Model {
 public:
  struct Outcome {
    bool stale = false;
    bool rebound = false;
    std::string assignment;
    std::uint64_t through = 0;
    std::vector<RecordResult> records;
  };

  std::uint64_t token = 0;
  std::map<AppendTo, std::vector<std::string>> logs;

  Outcome Do(const AppendCall& call) {
    if (call.token != token) return {.stale = true};
    Epoch* epoch = nullptr;
    bool changed = false;
    const std::deque<Epoch> before = epochs_;
    const bool known = call.epoch != 0 && Find(call.epoch) != nullptr;
    if (call.epoch != 0) {
      epoch = Find(call.epoch);
      if (epoch != nullptr && epoch->assignment.empty() && !call.assignment.empty()) {
        epoch->assignment = call.assignment;
        changed = true;
      }
      if (epoch != nullptr && epoch->assignment != call.assignment) {
        return {.rebound = true, .assignment = epoch->assignment, .through = epoch->through};
      }
      if (epoch == nullptr) {
        epochs_.push_front({.id = call.epoch, .assignment = call.assignment});
        if (epochs_.size() > kEpochs) epochs_.pop_back();
        epoch = &epochs_.front();
      }
      if (call.from > epoch->through + 1) {
        epoch->through = call.from - 1;
        epoch->top = std::max(epoch->top, epoch->through);
        changed = true;
        Advance(*epoch);
      }
    }
    Outcome outcome{.assignment = call.assignment};
    for (const AppendRecord& record : call.records) {
      const RecordResult result = record.seq == 0 ? JudgeHash(record, call.now) : Judge(*epoch, record);
      if (result == kAppended && record.seq != 0) changed = true;
      if (result == kAppended) logs[record.to].push_back(record.payload);
      outcome.records.push_back(result);
    }
    if (epoch != nullptr) outcome.through = epoch->through;
    const bool replayed =
        !call.records.empty() && std::ranges::all_of(call.records, [](const auto& record) { return record.seq == 0; });
    if (epoch != nullptr && !known && !changed && replayed) epochs_ = before;
    if (changed) MoveToFront(call.epoch);
    return outcome;
  }

 private:
  struct Taken {
    std::uint64_t digest = 0;
    bool quarantined = false;
  };
  struct Seen {
    system_clock::time_point at;
    bool quarantined = false;
  };
  struct Epoch {
    std::uint64_t id = 0;
    std::string assignment;
    std::uint64_t through = 0;
    std::uint64_t top = 0;
    std::map<std::uint64_t, Taken> taken;  // by sequence
  };

  Epoch* Find(std::uint64_t id) {
    for (Epoch& epoch : epochs_) {
      if (epoch.id == id) return &epoch;
    }
    return nullptr;
  }

  void MoveToFront(std::uint64_t id) {
    for (std::size_t i = 0; i < epochs_.size(); ++i) {
      if (epochs_[i].id != id) continue;
      Epoch epoch = std::move(epochs_[i]);
      epochs_.erase(epochs_.begin() + static_cast<std::ptrdiff_t>(i));
      epochs_.push_front(std::move(epoch));
      return;
    }
  }

  static void Advance(Epoch& epoch) {
    while (epoch.taken.contains(epoch.through + 1)) ++epoch.through;
  }

  static RecordResult Judge(Epoch& epoch, const AppendRecord& record) {
    if (record.seq > epoch.through + kWindow) return kBeyondWindow;
    const auto known = epoch.taken.find(record.seq);
    if (known != epoch.taken.end() && record.seq + kWindow > epoch.top) {
      if (known->second.digest != record.digest) return kConflict;
      return known->second.quarantined ? kInQuarantine : kDuplicate;
    }
    if (record.seq <= epoch.through) return kDuplicate;
    epoch.taken[record.seq] = {record.digest, record.to == AppendTo::kQuarantineLog};
    epoch.top = std::max(epoch.top, record.seq);
    Advance(epoch);
    return kAppended;
  }

  RecordResult JudgeHash(const AppendRecord& record, system_clock::time_point now) {
    std::map<std::uint64_t, Seen>& seen = record.technical ? told_ : seen_;
    const auto window = record.technical || record.alarm_class ? minutes(10) : hours(24);
    const auto known = seen.find(record.hash_id);
    if (known != seen.end() && now - known->second.at < window && known->second.at - now < window) {
      return known->second.quarantined ? kInQuarantine : kDuplicate;
    }
    seen[record.hash_id] = {now, record.to == AppendTo::kQuarantineLog};
    if (seen.size() > kHashIds) Forget(seen);
    return kAppended;
  }

  static void Forget(std::map<std::uint64_t, Seen>& seen) {
    std::tuple<system_clock::time_point, bool, std::uint64_t> oldest{system_clock::time_point::max(), true, 0};
    for (const auto& [id, one] : seen) oldest = std::min(oldest, {one.at, one.quarantined, id});
    seen.erase(std::get<std::uint64_t>(oldest));
  }

  std::deque<Epoch> epochs_;  // the one that changed last first
  std::map<std::uint64_t, Seen> seen_;
  std::map<std::uint64_t, Seen> told_;
};

// A device that loses, repeats, reorders, restarts, moves and lies.
class History {
 public:
  explicit History(std::uint64_t seed) : random_(seed) {}

  AppendCall Next(std::uint64_t token) {
    AppendCall call;
    call.device = kDevice;
    call.token = Chance(2) ? token - 1 : token;
    if (Chance(2)) epoch_ = 1 + Below(7);
    call.epoch = Chance(15) ? 0 : epoch_;
    std::uint64_t& next = next_[epoch_];
    if (Chance(10)) call.from = Below(next + 80);
    if (!Chance(10)) call.assignment = "a" + std::to_string(Chance(5) ? Below(3) : epoch_ % 3);
    now_ += std::chrono::milliseconds(Below(400'000));
    call.now = now_;
    const std::uint64_t count = Below(6);
    for (std::uint64_t i = 0; i < count; ++i) call.records.push_back(Record(call.epoch, next));
    return call;
  }

 private:
  std::uint64_t Below(std::uint64_t bound) {
    return std::uniform_int_distribution<std::uint64_t>(0, bound - 1)(random_);
  }
  bool Chance(std::uint64_t percent) { return Below(100) < percent; }

  AppendRecord Record(std::uint64_t epoch, std::uint64_t& next) {
    AppendRecord record;
    if (epoch == 0 || Chance(5)) {
      record = Hashed(1 + Below(400), Chance(50));
      record.technical = Chance(20);
    } else {
      if (Chance(80)) ++next;
      if (Chance(3)) next += Below(100);
      record = Sequenced(Chance(75) ? next : 1 + Below(next + 70));
      record.digest = record.seq * 31 % 1000 + (Chance(3) ? 2 : 1);
    }
    record.to = static_cast<AppendTo>(1 + Below(4));
    record.payload = std::to_string(++serial_);
    return record;
  }

  std::mt19937_64 random_;
  std::uint64_t epoch_ = 1;
  std::map<std::uint64_t, std::uint64_t> next_ = {};
  std::uint64_t serial_ = 0;
  system_clock::time_point now_ = kNow;
};

class AppendHistory : public Append, public ::testing::WithParamInterface<int> {};

TEST_P(AppendHistory, AgreesWithTheModel) {
  History history(static_cast<std::uint64_t>(GetParam()));
  Model model;
  model.token = token_;
  for (int batch = 0; batch < 60; ++batch) {
    if (batch % 20 == 19) {
      model.token = TakeShardToken(*connection_, ShardOf(kDevice), Lane::kMeasurement).value();
    }
    std::vector<AppendCall> calls;
    for (int i = 0; i < 50; ++i) calls.push_back(history.Next(model.token));
    const std::vector<AppendResult> results = appender_.Append(calls);
    for (std::size_t i = 0; i < calls.size(); ++i) {
      const Model::Outcome want = model.Do(calls[i]);
      SCOPED_TRACE("batch " + std::to_string(batch) + " call " + std::to_string(i));
      ASSERT_EQ(absl::IsAborted(results[i].status), want.stale) << results[i].status;
      ASSERT_EQ(results[i].rebound, want.rebound);
      ASSERT_EQ(results[i].assignment, want.assignment);
      ASSERT_EQ(results[i].through, want.through);
      ASSERT_EQ(results[i].records, want.records);
    }
  }
  EXPECT_EQ(Payloads(Log::kAlarm), model.logs[AppendTo::kAlarmLog]);
  EXPECT_EQ(Payloads(Log::kMeasurement), model.logs[AppendTo::kMeasurementLog]);
  EXPECT_EQ(Payloads(Log::kQuarantine), model.logs[AppendTo::kQuarantineLog]);
}

INSTANTIATE_TEST_SUITE_P(Seeds, AppendHistory, ::testing::Range(1, 13));

}  // namespace
}  // namespace nara
