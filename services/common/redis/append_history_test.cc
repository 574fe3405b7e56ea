// append against a real Redis and a naive model, over random histories.

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <random>
#include <tuple>

#include "common/redis/testing/append_fixture.h"

namespace nara {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::system_clock;
using enum RecordResult;

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
