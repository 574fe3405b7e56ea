#include "ingest/arrival_clock.h"

#include "absl/strings/str_cat.h"
#include "common/log/log.h"

namespace nara::ingest {
namespace {

// The two clocks are read one after the other: when the process stood still in between they say nothing together.
constexpr absl::Duration kTogether = absl::Milliseconds(100);

}  // namespace

ArrivalClock::ArrivalClock(const Clock& machine, Metrics& metrics)
    : machine_(machine), metrics_(metrics), ours_(machine.Now() - machine.Monotonic()), machines_(ours_) {}

Arrival ArrivalClock::Arrived() const {
  const std::lock_guard lock(mutex_);
  const absl::Duration before = machine_.Monotonic();
  const absl::Time wall = machine_.Now();
  const absl::Duration monotonic = machine_.Monotonic();
  if (monotonic - before < kTogether) Look(monotonic, wall - monotonic);
  return {ours_ + monotonic, stepped_at_.has_value()};
}

void ArrivalClock::Look(absl::Duration monotonic, absl::Time zero) const {
  if (absl::AbsDuration(zero - machines_) > kClockStep) Step(monotonic, zero);
  machines_ = zero;
  if (stepped_at_ && monotonic - *stepped_at_ >= kClockSteady) Accept();
  if (!stepped_at_) ours_ = machines_;
}

void ArrivalClock::Step(absl::Duration monotonic, absl::Time zero) const {
  stepped_at_ = monotonic;
  metrics_.ClockStepped();
  metrics_.ClockInDoubt(true);
  log::Error("clock", "our clock was set, times of devices are flagged and not corrected until it is steady",
             {{"step_ms", absl::ToInt64Milliseconds(zero - machines_)}});
}

void ArrivalClock::Accept() const {
  stepped_at_.reset();
  metrics_.ClockInDoubt(false);
  log::Warn("clock", "our clock is steady, its time counts again",
            {{"step_ms", absl::ToInt64Milliseconds(machines_ - ours_)}});
}

absl::Status ArrivalClock::Steady() const {
  if (!Arrived().in_doubt) return absl::OkStatus();
  const std::lock_guard lock(mutex_);
  return absl::UnavailableError(absl::StrCat("our clock was set and is off by ",
                                             absl::FormatDuration(absl::Trunc(machines_ - ours_, absl::Seconds(1))),
                                             "; times of devices are flagged and not corrected until it has been "
                                             "steady for ",
                                             absl::FormatDuration(kClockSteady)));
}

}  // namespace nara::ingest
