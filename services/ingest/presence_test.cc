#include "ingest/presence.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "ingest/hearing_clock.h"

namespace nara::ingest {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::int64_t kSecond = 1'000;
constexpr std::int64_t kMinute = 60 * kSecond;
constexpr std::int64_t kHour = 60 * kMinute;
constexpr std::int64_t kDay = 24 * kHour;
constexpr std::int64_t kAssigned = 1'771'310'000'000;

// A dispenser, expected each 15 minutes, that is judged each five seconds, and is always told at once.
class Device {
 public:
  explicit Device(std::int64_t interval = 15 * kMinute) { expectation.interval = interval; }

  // Time goes by, and we hear or not.
  void Pass(std::int64_t time, bool hearing = true) {
    for (std::int64_t end = now.wall + time; now.wall < end; now.wall += 5 * kSecond) {
      if (hearing) now.hearing += 5 * kSecond;
      Look();
    }
  }
  void Look() {
    if (JudgePresence(state, expectation, now, rules)) words.emplace_back(PresenceName(state.presence));
    if (!state.told) told.emplace_back(PresenceName(state.presence));
    if (!state.told) ids.emplace_back(std::string(PresenceName(state.presence)), state.anchor);
    state.told = true;
  }
  void Speak() { TakeContact(state, {now.hearing, now.wall}); }
  void Speak(std::int64_t each, int times) {
    for (int i = 0; i < times; ++i) {
      Speak();
      Pass(each);
    }
  }
  void Vanish() { TakeWill(state, {now.hearing, now.wall}); }

  std::vector<std::string> Words() { return std::exchange(words, {}); }

  PresenceState state;
  PresenceRules rules;
  Expectation expectation{.expected = true, .interval = 0, .since = kAssigned};
  Now now{.hearing = 40 * kDay, .wall = kAssigned};
  std::vector<std::string> words;
  std::vector<std::string> told;
  std::vector<std::pair<std::string, std::int64_t>> ids;
};

TEST(Presence, ADeviceThatSpeaksAsOftenAsItsProductShouldStaysOnlineAndSaysSoOnce) {
  Device device;
  device.Speak(15 * kMinute, 100);
  EXPECT_THAT(device.Words(), ElementsAre("online"));
  EXPECT_THAT(device.told, IsEmpty()) << "that all is well is no news";
}

TEST(Presence, ATenthAfterItsIntervalItIsLateAndAfterTwoOfThemOffline) {
  Device device;
  device.Speak(16 * kMinute, 1);
  EXPECT_THAT(device.Words(), ElementsAre("online"));
  device.Pass(kMinute);
  EXPECT_THAT(device.Words(), ElementsAre("late"));
  device.Pass(12 * kMinute);
  EXPECT_THAT(device.Words(), IsEmpty());
  device.Pass(2 * kMinute);
  EXPECT_THAT(device.Words(), ElementsAre("offline"));
  device.Pass(90 * kDay);
  EXPECT_THAT(device.Words(), IsEmpty());
}

TEST(Presence, WhoIsLateAndSpeaksIsOnlineAtOnce) {
  Device device;
  device.Speak(17 * kMinute, 2);
  device.Speak();
  device.Look();
  EXPECT_THAT(device.Words(), ElementsAre("online", "late", "online", "late", "online"));
}

TEST(Presence, AnIntervalOfOneMinuteIsOfflineAfterThree) {
  Device device(kMinute);
  device.Speak(2 * kMinute + 10 * kSecond, 1);
  EXPECT_THAT(device.Words(), ElementsAre("online", "late"));
  device.Pass(kMinute);
  EXPECT_THAT(device.Words(), ElementsAre("offline"));
}

TEST(Presence, TimeInWhichWeWereDeafDoesNotCount) {
  Device device;
  device.Speak(10 * kMinute, 1);
  device.Pass(7 * kDay, false);
  device.Pass(6 * kMinute);
  EXPECT_THAT(device.Words(), ElementsAre("online"));
  device.Pass(kMinute);
  EXPECT_THAT(device.Words(), ElementsAre("late")) << "10 minutes before and 6 after";
}

TEST(Presence, TimeInWhichTheResidentIsAwayDoesNotCount) {
  Device device;
  device.Speak(10 * kMinute, 1);
  device.expectation.paused = true;
  device.Pass(7 * kDay);
  device.expectation.paused = false;
  device.Pass(16 * kMinute);
  EXPECT_THAT(device.Words(), ElementsAre("online"));
  device.Pass(15 * kMinute);
  EXPECT_THAT(device.Words(), ElementsAre("late", "offline"));
}

TEST(Presence, ALastWillIsHeldForHalfAMinute) {
  Device device;
  device.Speak(kMinute, 1);
  device.Vanish();
  device.Pass(25 * kSecond);
  EXPECT_THAT(device.Words(), ElementsAre("online"));
  device.Pass(5 * kSecond);
  EXPECT_THAT(device.Words(), ElementsAre("offline"));
}

TEST(Presence, WhoComesBackWithinTheHoldWasNeverGone) {
  Device device;
  for (int i = 0; i < 100; ++i) {
    device.Speak(kMinute, 1);
    device.Vanish();
    device.Pass(25 * kSecond);
  }
  EXPECT_THAT(device.Words(), ElementsAre("online"));
}

TEST(Presence, AWillOfAMeterThatIsUsedOnceAWeekSaysNothing) {
  Device device(7 * kDay);
  device.Speak(kMinute, 1);
  device.Vanish();
  device.Pass(6 * kDay);
  EXPECT_THAT(device.Words(), ElementsAre("online"));
}

TEST(Presence, AContactThatIsOlderThanTheWillEndsItNot) {
  Device device;
  device.Speak(kMinute, 1);
  device.Vanish();
  const Sign before{device.now.hearing, device.now.wall - kSecond};
  device.Pass(10 * kSecond);
  TakeContact(device.state, before);
  device.Pass(30 * kSecond);
  EXPECT_THAT(device.Words(), ElementsAre("online", "offline"));
}

TEST(Presence, AWillThatIsOlderThanTheLastContactSaysNothing) {
  Device device;
  device.Pass(kMinute);
  const Sign before{device.now.hearing, device.now.wall - kSecond};
  device.Speak();
  TakeWill(device.state, before);
  device.Pass(10 * kMinute);
  EXPECT_THAT(device.Words(), ElementsAre("online"));
}

TEST(Presence, AWallClockThatWasSetBackMakesNobodySilent) {
  Device device;
  device.Speak(kMinute, 1);
  device.now.wall += kDay;
  device.Speak(kMinute, 1);
  device.Vanish();
  device.Pass(kMinute);
  device.now.wall -= kDay;
  device.Speak(5 * kMinute, 20);
  EXPECT_THAT(device.Words(), ElementsAre("online", "offline", "online"));
}

TEST(Presence, WhoWasOfflineIsOnlineWhenItHasStayedForAMinute) {
  Device device;
  device.Speak(40 * kMinute, 1);
  EXPECT_THAT(device.Words(), ElementsAre("online", "late", "offline"));
  device.Speak(50 * kSecond, 1);
  EXPECT_THAT(device.Words(), IsEmpty());
  device.Pass(15 * kSecond);
  EXPECT_THAT(device.Words(), ElementsAre("online"));
}

TEST(Presence, ADeviceThatComesAndGoesSaysSoAFewTimesOnly) {
  Device device;
  for (int i = 0; i < 12 * 24; ++i) {  // a day of four minutes here, one away
    device.Speak(4 * kMinute, 1);
    device.Vanish();
    device.Pass(kMinute);
  }
  EXPECT_LE(device.Words().size(), 2 * 24 + 6U) << "288 times it went";
  device.Speak(10 * kMinute, 12);
  EXPECT_EQ(device.state.presence, Presence::kOnline) << "and it is online again when it stays";
}

TEST(Presence, AnOfflineAndItsEndHaveOneNameAndTheNextAnother) {
  Device device;
  for (int i = 0; i < 3; ++i) {
    device.Speak(5 * kMinute, 40);
    device.Pass(kHour);
  }
  ASSERT_EQ(device.ids.size(), 8U);
  std::set<std::pair<std::string, std::int64_t>> ids(device.ids.begin(), device.ids.end());
  EXPECT_EQ(ids.size(), device.ids.size());
  EXPECT_EQ(device.ids[1].first, "offline");
  EXPECT_EQ(device.ids[2].first, "online");
  EXPECT_EQ(device.ids[1].second, device.ids[2].second);
  EXPECT_NE(device.ids[1].second, device.ids[4].second);
}

TEST(Presence, NeverSeenIsTwoIntervalsAndADayAtTheLeast) {
  Device dispenser;
  dispenser.Pass(23 * kHour);
  EXPECT_THAT(dispenser.Words(), IsEmpty());
  dispenser.Pass(2 * kHour);
  EXPECT_THAT(dispenser.Words(), ElementsAre("never_seen"));
  dispenser.Speak();
  dispenser.Look();
  EXPECT_THAT(dispenser.Words(), ElementsAre("online")) << "at once: there is nothing to flap";
  EXPECT_EQ(dispenser.ids[0].second, kAssigned);
  EXPECT_EQ(dispenser.ids[1].second, kAssigned);
  Device meter(7 * kDay);
  meter.Pass(13 * kDay);
  EXPECT_THAT(meter.Words(), IsEmpty());
  meter.Pass(2 * kDay);
  EXPECT_THAT(meter.Words(), ElementsAre("never_seen"));
}

TEST(Presence, WhoeverHadItBeforeSaysNothingAboutTheNext) {
  Device device;
  device.Speak(kMinute, 1);
  device.expectation.since = device.now.wall;
  device.Pass(25 * kHour);
  EXPECT_THAT(device.Words(), ElementsAre("online", "not_connected", "never_seen"));
}

TEST(Presence, WhatNobodyHasIsNotConnectedAndTheAlarmOfItEnds) {
  Device device;
  device.Speak(40 * kMinute, 1);
  device.expectation.expected = false;
  device.Pass(kDay);
  EXPECT_THAT(device.Words(), ElementsAre("online", "late", "offline", "not_connected"));
  EXPECT_EQ(device.ids[1].second, device.ids[2].second);
}

TEST(Presence, WhatIsNotToldYetIsNotJudgedFurther) {
  Device device;
  device.Speak(16 * kMinute, 1);
  device.now.hearing += 2 * kMinute;
  EXPECT_TRUE(JudgePresence(device.state, device.expectation, device.now, device.rules));
  device.now.hearing += kDay;
  EXPECT_FALSE(JudgePresence(device.state, device.expectation, device.now, device.rules));
  EXPECT_EQ(device.state.presence, Presence::kLate);
}

TEST(Presence, ContactsAreAskedForOnlyWhenTheyCouldChangeSomething) {
  Device device;
  device.Speak(14 * kMinute, 1);
  EXPECT_FALSE(NeedsContact(device.state, device.expectation, device.now, device.rules));
  device.Pass(kMinute + 5 * kSecond);
  EXPECT_TRUE(NeedsContact(device.state, device.expectation, device.now, device.rules));
}

// What must hold in every life, judged by what was done to the device and in the simplest way: seconds are counted.
class Life {
 public:
  explicit Life(int seed) : random_(static_cast<unsigned>(seed)) {}

  void Play() {
    for (int i = 0; i < 400; ++i) {
      const int what = Pick(10);
      if (what < 5) Speak();
      if (what == 5) Vanish();
      if (what == 6) hearing_ = !hearing_;
      if (what == 7 && Pick(5) == 0) Move();
      for (int steps = 1 + Pick(what == 9 ? 800 : 60); steps > 0; --steps) Step();
    }
  }

 private:
  int Pick(int below) { return static_cast<int>(random_() % static_cast<unsigned>(below)); }

  void Speak() {
    if (!hearing_) return;
    device_.Speak();
    silent_ = 0;
    seen_ = true;
    gone_ = -1;
  }
  void Vanish() {
    if (!hearing_ || gone_ >= 0 || silent_ == 0) return;
    device_.Vanish();
    gone_ = 0;
  }
  void Move() {
    device_.expectation.since = device_.now.wall;
    seen_ = false;
    silent_ = 0;
  }

  void Step() {
    device_.Pass(5 * kSecond, hearing_);
    if (hearing_) silent_ += 5 * kSecond;
    if (hearing_ && gone_ >= 0) gone_ += 5 * kSecond;
    Check();
  }

  void Check() {
    const bool lost = gone_ >= 40 * kSecond;
    const Presence presence = device_.state.presence;
    if (silent_ >= 31 * kMinute && seen_) {
      ASSERT_EQ(presence, Presence::kOffline);
    }
    if (lost && seen_) {
      ASSERT_EQ(presence, Presence::kOffline);
    }
    if (presence == Presence::kLate) {
      ASSERT_GE(silent_, 15 * kMinute - 10 * kSecond);
    }
    if (presence == Presence::kNeverSeen) {
      ASSERT_FALSE(seen_);
    }
    CheckNews();
  }

  // Of each name at most one of a state; an end follows what it ends.
  void CheckNews() {
    for (const auto& id : device_.ids) {
      if (id.first != "late" && id.first != "not_connected") {
        ASSERT_TRUE(named_.insert(id).second) << id.first;
      }
      if (id.first != "online" && id.first != "not_connected") open_.insert(id.second);
      if (id.first == "online") {
        ASSERT_EQ(open_.erase(id.second), 1U);
      }
    }
    device_.ids.clear();
  }

  std::mt19937 random_;
  Device device_;
  bool hearing_ = true;
  bool seen_ = false;
  std::int64_t silent_ = 0;
  std::int64_t gone_ = -1;
  std::set<std::pair<std::string, std::int64_t>> named_;
  std::set<std::int64_t> open_;
};

TEST(Presence, HoldsWhateverHappens) {
  for (int seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(seed);
    Life(seed).Play();
    if (::testing::Test::HasFatalFailure()) return;
  }
}

TEST(HearingClock, GoesOnWhileBothLanesSayThatTheyHear) {
  HearingClock clock({.settle = 0});
  clock.Resume(1'000);
  for (std::int64_t at = 0; at <= 10'000; at += 1'000) clock.Step(at, 500);
  EXPECT_EQ(clock.hearing(), 11'000);
  clock.Step(11'000, 6'000);
  clock.Step(12'000, std::nullopt);
  EXPECT_EQ(clock.hearing(), 11'000);
  EXPECT_FALSE(clock.hears());
}

TEST(HearingClock, AfterASilenceOfOursDevicesHaveTimeToComeBack) {
  HearingClock clock({.settle = 3'000});
  for (std::int64_t at = 0; at <= 3'000; at += 1'000) clock.Step(at, 0);
  EXPECT_EQ(clock.hearing(), 0);
  clock.Step(4'000, 0);
  EXPECT_EQ(clock.hearing(), 1'000);
}

TEST(HearingClock, APauseOfTheProcessDoesNotCount) {
  HearingClock clock({.settle = 0});
  clock.Step(0, 0);
  clock.Step(60'000, 0);
  EXPECT_EQ(clock.hearing(), 0);
}

}  // namespace
}  // namespace nara::ingest
