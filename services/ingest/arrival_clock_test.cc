#include "ingest/arrival_clock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace nara::ingest {
namespace {

using ::testing::HasSubstr;

class ArrivalClockTest : public ::testing::Test {
 protected:
  // Time passes in steps of a second, as often as somebody looks in life.
  void Pass(absl::Duration time) {
    for (absl::Duration passed; passed < time; passed += absl::Seconds(1)) {
      machine_.Advance(absl::Seconds(1));
      clock_.Arrived();
    }
  }
  bool InDoubt() const { return clock_.Arrived().in_doubt; }
  // How far the machine's clock is ahead of ours.
  absl::Duration Ahead() const { return machine_.Now() - clock_.Now(); }

  ManualClock machine_;
  metrics::Registry registry_;
  Metrics metrics_{registry_, Lane::kAlarm};
  const ArrivalClock clock_{machine_, metrics_};
};

TEST_F(ArrivalClockTest, GoesAsTheMachine) {
  Pass(absl::Minutes(1));
  EXPECT_EQ(Ahead(), absl::ZeroDuration());
  EXPECT_FALSE(InDoubt());
  EXPECT_TRUE(clock_.Steady().ok());
}

TEST_F(ArrivalClockTest, FollowsSmallSteps) {
  for (int i = 0; i < 10; ++i) {
    machine_.Step(kClockStep);
    EXPECT_FALSE(InDoubt());
    EXPECT_EQ(Ahead(), absl::ZeroDuration());
  }
}

TEST_F(ArrivalClockTest, AStepInEitherDirectionLeavesItsTimeAndMakesItDoubtful) {
  for (const absl::Duration by : {absl::Hours(1), -absl::Hours(1)}) {
    ManualClock machine;
    const ArrivalClock clock(machine, metrics_);
    const absl::Time before = clock.Now();
    machine.Step(by);
    machine.Advance(absl::Seconds(1));
    EXPECT_EQ(clock.Arrived().at, before + absl::Seconds(1));
    EXPECT_TRUE(clock.Arrived().in_doubt);
  }
}

TEST_F(ArrivalClockTest, SaysWhyItIsNotReadyAndCounts) {
  machine_.Step(absl::Hours(-1));
  EXPECT_THAT(std::string(clock_.Steady().message()), HasSubstr("our clock was set and is off by -1h"));
  EXPECT_THAT(registry_.Text(), HasSubstr("nara_ingest_clock_steps_total{lane=\"alarm\"} 1"));
  EXPECT_THAT(registry_.Text(), HasSubstr("nara_ingest_clock_in_doubt{lane=\"alarm\"} 1"));
  Pass(kClockSteady);
  EXPECT_THAT(registry_.Text(), HasSubstr("nara_ingest_clock_in_doubt{lane=\"alarm\"} 0"));
}

TEST_F(ArrivalClockTest, TakesTheNewTimeOnceItIsSteady) {
  machine_.Step(absl::Hours(1));
  Pass(kClockSteady - absl::Seconds(1));
  EXPECT_TRUE(InDoubt());
  EXPECT_EQ(Ahead(), absl::Hours(1));
  Pass(absl::Seconds(2));
  EXPECT_FALSE(InDoubt());
  EXPECT_EQ(Ahead(), absl::ZeroDuration());
  EXPECT_TRUE(clock_.Steady().ok());
}

TEST_F(ArrivalClockTest, AnotherStepBeginsTheWaitAnew) {
  machine_.Step(absl::Hours(1));
  Pass(kClockSteady - absl::Seconds(1));
  machine_.Step(-absl::Hours(1));
  Pass(kClockSteady - absl::Seconds(1));
  EXPECT_TRUE(InDoubt());
  EXPECT_EQ(Ahead(), absl::ZeroDuration()) << "it was put right; its old time is what counted all along";
  Pass(absl::Seconds(2));
  EXPECT_FALSE(InDoubt());
}

// The machine's clocks, with a process that is stopped between the two looks.
class Interrupted final : public Clock {
 public:
  absl::Time Now() const override {
    machine.Advance(pause);
    return machine.Now();
  }
  absl::Duration Monotonic() const override { return machine.Monotonic(); }
  bool WaitFor(std::unique_lock<std::mutex>&, std::condition_variable&, absl::Duration,
               const std::function<bool()>&) const override {
    return false;
  }

  mutable ManualClock machine;
  absl::Duration pause;
};

TEST_F(ArrivalClockTest, AProcessThatStoodStillHasNotSeenAStep) {
  Interrupted machine;
  const ArrivalClock clock(machine, metrics_);
  machine.pause = absl::Minutes(1);
  EXPECT_FALSE(clock.Arrived().in_doubt);
  machine.pause = absl::ZeroDuration();
  EXPECT_FALSE(clock.Arrived().in_doubt);
  EXPECT_EQ(clock.Now(), machine.machine.Now());
}

}  // namespace
}  // namespace nara::ingest
