#include "ingest/presence_keeper.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <utility>

#include "common/time/proto_time.h"
#include "ingest/testing/fakes.h"
#include "nara/telemetry/v1/telemetry.pb.h"

namespace nara::ingest {
namespace {

using nara::telemetry::v1::LogRecord;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const std::string kDevice = "disp-1";
const int kShard = ShardOf(kDevice);

// Outlives the processes of a test. What both lanes tell, and that they hear, is said by the test.
class FakePresenceStore final : public PresenceStore {
 public:
  absl::StatusOr<Hearings> ReadHearings() override {
    if (!fail.ok()) return fail;
    Hearings hearings;
    for (std::size_t i = 0; i < hearings.size(); ++i) hearings[i] = {clocks[i], said_by_measurement, said};
    return hearings;
  }
  absl::Status SaveClocks(const Clocks& moved) override {
    if (fail.ok()) clocks = moved;
    return fail;
  }
  absl::StatusOr<States> Load(int shard) override {
    if (!fail.ok()) return fail;
    States found;
    for (const auto& [device, state] : states) {
      if (ShardOf(device) == shard) found.emplace_back(device, state);
    }
    return found;
  }
  absl::StatusOr<Signs> Wills(int shard) override { return Some(shard, wills); }
  absl::StatusOr<Signs> Contacts(int, std::span<const std::string> devices) override {
    if (!fail.ok()) return fail;
    Signs found;
    for (const std::string& device : devices) {
      if (contacts.contains(device)) found.emplace_back(device, contacts[device]);
    }
    return found;
  }
  absl::Status Save(int, const States& changed) override {
    if (!fail.ok() || fail_to_save) return absl::UnavailableError("no Redis");
    ++saves;
    for (const auto& [device, state] : changed) states[device] = state;
    return absl::OkStatus();
  }

  absl::Status fail;
  bool fail_to_save = false;
  int saves = 0;
  std::optional<std::int64_t> said;
  std::optional<std::int64_t> said_by_measurement;
  Clocks clocks{};
  std::map<std::string, PresenceState> states;
  std::map<std::string, Sign> contacts;
  std::map<std::string, Sign> wills;

 private:
  absl::StatusOr<Signs> Some(int shard, const std::map<std::string, Sign>& signs) const {
    if (!fail.ok()) return fail;
    Signs found;
    for (const auto& [device, sign] : signs) {
      if (ShardOf(device) == shard) found.emplace_back(device, sign);
    }
    return found;
  }
};

// A dispenser, expected each 15 minutes.
class PresenceKeeperTest : public ::testing::Test {
 protected:
  PresenceKeeperTest() {
    for (auto& token : tokens_) token = 1;
    Route("evondos");
    Restart();
  }
  void Restart() {
    keeper_.emplace(PresenceOptions{.hearing = {.settle = 0}},
                    PresenceKeeperDeps{store_, log_, routes_, catalogue_, tokens_, clock_, registry_,
                                       [this](int shard) { lost_ = shard; }});
  }
  void Route(const std::string& product) {
    registry::v1::Route route = testing::RouteOf(kDevice, product, absl::ToUnixSeconds(clock_.Now()));
    route.set_state(registry::v1::DEVICE_STATE_IN_USE);
    routes_.Apply(true, {route}, 7);
  }
  // Both lanes hear, or not.
  void Pass(absl::Duration time, bool hear = true) {
    for (absl::Duration gone; gone < time; gone += absl::Seconds(1)) {
      clock_.Advance(absl::Seconds(1));
      if (hear) store_.said = store_.said_by_measurement = absl::ToUnixMillis(clock_.Now());
      last_ = keeper_->Look();
    }
  }
  void Speak(const std::string& device = kDevice) {
    store_.contacts[device] = {store_.clocks[static_cast<std::size_t>(kShard)], absl::ToUnixMillis(clock_.Now())};
  }
  std::vector<std::string> Told() const {
    std::vector<std::string> kinds;
    for (const LogRecord& record : log_.Entries<LogRecord>(AppendTo::kAlarmLog))
      kinds.push_back(record.record().kind());
    return kinds;
  }
  std::vector<std::string> Late() const {
    std::vector<std::string> kinds;
    for (const auto& record : log_.Entries<LogRecord>(AppendTo::kMeasurementLog))
      kinds.push_back(record.record().kind());
    return kinds;
  }

  FakePresenceStore store_;
  testing::FakeLog log_;
  RouteTable routes_;
  const Catalogue catalogue_ = *Catalogue::Load(NARA_CATALOGUE);
  ShardTokens tokens_{};
  ManualClock clock_;
  metrics::Registry registry_;
  int lost_ = -1;
  absl::Status last_;
  std::optional<PresenceKeeper> keeper_;
};

TEST_F(PresenceKeeperTest, ADeviceThatFallsSilentIsToldOnceAndSoIsItsReturn) {
  Speak();
  Pass(absl::Minutes(25));
  EXPECT_THAT(Late(), ElementsAre("device_late"));
  Pass(absl::Hours(2));
  EXPECT_THAT(Told(), ElementsAre("device_offline"));
  Speak();
  Pass(absl::Minutes(10));
  EXPECT_THAT(Told(), ElementsAre("device_offline", "device_back"));
  const auto records = log_.Entries<LogRecord>(AppendTo::kAlarmLog);
  EXPECT_EQ(records[0].record().episode(), records[1].record().episode());
  EXPECT_NE(records[0].event_id(), records[1].event_id());
  EXPECT_EQ(records[0].device(), kDevice);
  EXPECT_EQ(records[0].assignment(), "");
  EXPECT_EQ(records[0].route_revision(), 7U);
}

TEST_F(PresenceKeeperTest, AnotherRedisIsBelievedAndToldWhatItLacks) {
  Speak();
  Pass(absl::Hours(1));
  ASSERT_THAT(Told(), SizeIs(1));
  store_.states[kDevice].told = false;
  log_.TakeOver(0);
  Pass(absl::Minutes(2));
  EXPECT_THAT(Told(), ElementsAre("device_offline"));
}

TEST_F(PresenceKeeperTest, OneThatCannotBeToldOfKeepsNoOtherOfItsShardFromBeingJudged) {
  std::string other = "disp-2";
  while (ShardOf(other) != kShard) other += "0";
  Speak();
  Pass(absl::Minutes(1));
  log_.fail = absl::UnavailableError("no replica");
  Pass(absl::Hours(1));
  registry::v1::Route more = testing::RouteOf(other, "evondos", absl::ToUnixSeconds(clock_.Now()));
  more.set_state(registry::v1::DEVICE_STATE_IN_USE);
  routes_.Apply(false, {more}, 8);
  Speak(other);
  Pass(absl::Hours(1));
  EXPECT_EQ(store_.states[other].presence, Presence::kLate);
  log_.fail = absl::OkStatus();
  Pass(absl::Minutes(3));
  EXPECT_THAT(Told(), ElementsAre("device_offline", "device_offline"));
}

TEST_F(PresenceKeeperTest, ItsEpisodeIsTheTimeOfItsLastSign) {
  Speak();
  Pass(absl::Hours(1));
  ASSERT_THAT(Told(), SizeIs(1));
  EXPECT_EQ(log_.Entries<LogRecord>(AppendTo::kAlarmLog)[0].record().episode(), "2026-02-17T06:33:20.000Z");
}

TEST_F(PresenceKeeperTest, WhileWeAreDeafNobodyIsSilent) {
  Speak();
  Pass(absl::Minutes(5));
  Pass(absl::Hours(5), false);
  Pass(absl::Minutes(5));
  EXPECT_THAT(Told(), IsEmpty());
  EXPECT_THAT(Late(), IsEmpty());
}

TEST_F(PresenceKeeperTest, WhileWeAreAwayNobodyIsSilentEither) {
  Speak();
  Pass(absl::Minutes(5));
  clock_.Advance(absl::Hours(5));
  Restart();
  Pass(absl::Minutes(5));
  EXPECT_THAT(Late(), IsEmpty());
  Pass(absl::Hours(1));
  EXPECT_THAT(Told(), ElementsAre("device_offline")) << "what was known before went on";
}

TEST_F(PresenceKeeperTest, ALaneThatSaysItFromTheFutureIsNotBelieved) {
  Speak();
  for (int minute = 0; minute < 120; ++minute) {
    store_.said_by_measurement = absl::ToUnixMillis(clock_.Now() + absl::Hours(5));
    store_.said = absl::ToUnixMillis(clock_.Now());
    Pass(absl::Minutes(1), false);
  }
  EXPECT_THAT(Late(), IsEmpty());
}

TEST_F(PresenceKeeperTest, AChangeThatCouldNotBeSavedIsNotTold) {
  Speak();
  Pass(absl::Minutes(5));
  store_.fail_to_save = true;
  Pass(absl::Hours(1));
  EXPECT_FALSE(last_.ok());
  EXPECT_THAT(Told(), IsEmpty());
  store_.fail_to_save = false;
  Pass(absl::Minutes(5));
  EXPECT_THAT(Told(), ElementsAre("device_offline"));
}

TEST_F(PresenceKeeperTest, AChangeThatCouldNotBeAppendedIsToldByTheNextProcessAsTheSameEvent) {
  Speak();
  Pass(absl::Minutes(5));
  log_.fail = absl::UnavailableError("no Redis");
  Pass(absl::Hours(1));
  ASSERT_FALSE(store_.states[kDevice].told);
  const std::int64_t changed_at = store_.states[kDevice].changed_at;
  log_.fail = absl::OkStatus();
  Restart();
  Pass(absl::Minutes(2));
  ASSERT_THAT(Late(), ElementsAre("device_late"));
  EXPECT_EQ(absl::ToUnixMillis(FromProto(log_.Entries<LogRecord>(AppendTo::kMeasurementLog)[0].effective_at())),
            changed_at);
}

TEST_F(PresenceKeeperTest, AProcessThatEndsBetweenAppendAndSaveTellsOnce) {
  Speak();
  Pass(absl::Hours(1));
  ASSERT_THAT(Told(), SizeIs(1));
  store_.states[kDevice].told = false;
  Restart();
  Pass(absl::Hours(1));
  EXPECT_THAT(Told(), SizeIs(1)) << "the log knows the event";
  EXPECT_TRUE(store_.states[kDevice].told);
}

TEST_F(PresenceKeeperTest, AShardThatIsNotOursIsLeftAlone) {
  for (auto& token : tokens_) token = 0;
  Speak();
  Pass(absl::Hours(2));
  EXPECT_EQ(store_.saves, 0);
}

TEST_F(PresenceKeeperTest, WhoHasLostAShardIsTold) {
  Speak();
  Pass(absl::Minutes(5));
  log_.fail = absl::AbortedError("old token");
  Pass(absl::Hours(1));
  EXPECT_EQ(lost_, kShard);
}

TEST_F(PresenceKeeperTest, WhoIsThereIsSavedOnceAndNotEachTimeItSpeaks) {
  for (int i = 0; i < 20; ++i) {
    Speak();
    Pass(absl::Minutes(10));
  }
  EXPECT_LE(store_.saves, 2);
}

TEST_F(PresenceKeeperTest, AnEndedAssignmentReleasesADeviceThatWasMissed) {
  Speak();
  Pass(absl::Hours(1));
  routes_.Apply(true, {testing::RouteOf(kDevice, "evondos", 0)}, 8);
  Pass(absl::Minutes(2));
  EXPECT_THAT(Told(), ElementsAre("device_offline", "device_released"));
}

TEST_F(PresenceKeeperTest, ALastWillIsTakenAtItsWord) {
  Speak();
  Pass(absl::Minutes(5));
  store_.wills[kDevice] = {store_.clocks[static_cast<std::size_t>(kShard)], absl::ToUnixMillis(clock_.Now())};
  Pass(absl::Minutes(2));
  EXPECT_THAT(Told(), ElementsAre("device_offline"));
}

TEST_F(PresenceKeeperTest, CountsDevicesByTheirPresence) {
  Speak();
  Pass(absl::Minutes(5));
  EXPECT_THAT(registry_.Text(), HasSubstr("nara_ingest_devices_count{presence=\"online\"} 1\n"));
  EXPECT_THAT(registry_.Text(), HasSubstr("nara_ingest_deaf_shards_count 0\n"));
  Pass(absl::Minutes(1), false);
  EXPECT_THAT(registry_.Text(), HasSubstr("nara_ingest_deaf_shards_count 16\n"));
}

}  // namespace
}  // namespace nara::ingest
