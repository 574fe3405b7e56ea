// The steps of a check once its bench stands: proofs, measuring, draining.

#include <algorithm>
#include <iostream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tools/fleet/check_bench.h"

namespace nara::fleet {
namespace {

using telemetry::v1::Lane;
using telemetry::v1::LANE_ALARM;
using telemetry::v1::LANE_MEASUREMENT;
using telemetry::v1::Record;

constexpr absl::Duration kProofTimeout = absl::Seconds(45);
constexpr absl::Duration kAttemptEvery = absl::Milliseconds(250);

void Say(const std::string& what) {
  std::cerr << "check: " << what << std::endl;
}

void Sleep(absl::Duration duration) {
  std::this_thread::sleep_for(absl::ToChronoNanoseconds(duration));
}

}  // namespace

absl::Status CheckBench::Retry(const std::string& what, const std::function<void()>& attempt,
                               const std::function<bool()>& proven) {
  const absl::Time deadline = absl::Now() + kProofTimeout;
  while (!proven()) {
    if (absl::Now() > deadline) {
      const std::lock_guard lock(mutex_);
      std::string why = subscription_error_;
      for (const Proof& proof : proofs_) {
        if (why.empty()) why = proof.refusal;
      }
      return absl::DeadlineExceededError(what + " within " + absl::FormatDuration(kProofTimeout) +
                                         (why.empty() ? "" : ": " + why));
    }
    attempt();
    Sleep(kAttemptEvery);
  }
  return absl::OkStatus();
}

std::vector<LiveDevice*> CheckBench::Group(const std::string& unit, const std::string& product) const {
  std::vector<LiveDevice*> group;
  for (const auto& device : devices_) {
    if (device->plan.unit == unit && device->plan.product == product) group.push_back(device.get());
  }
  return group;
}

bool CheckBench::Send(LiveDevice& device, Lane lane, Record record, Ledger* ledger) {
  const absl::Time now = absl::Now();
  const auto seq = device.client->Send(lane, std::move(record));
  if (seq.ok() && ledger != nullptr) ledger->Published(EventId(device, lane, *seq), now);
  return seq.ok();
}

absl::Status CheckBench::ProveEveryDevice() {
  Say(absl::StrCat("proving the way of ", devices_.size(), " devices"));
  const auto proven = [this](size_t i) {
    const std::lock_guard lock(mutex_);
    const bool meter = devices_[i]->plan.product == kMeter;
    return meter ? proofs_[i].measurement : proofs_[i].alarm;
  };
  const auto attempt = [&] {
    for (size_t i = 0; i < devices_.size(); ++i) {
      LiveDevice& device = *devices_[i];
      // One at a time: what waits for its receipt is asked once.
      if (proven(i) || device.client->waiting() > 0) continue;
      if (device.plan.product == kMeter) {
        Send(device, LANE_MEASUREMENT, PressureRecord(device, 0), nullptr);
      } else {
        Send(device, LANE_ALARM, DoseRecord("dose_taken", "proof-" + run_), nullptr);
      }
    }
  };
  return Retry("not every device got a receipt", attempt, [&] {
    for (size_t i = 0; i < devices_.size(); ++i) {
      if (!proven(i)) return false;
    }
    return true;
  });
}

absl::Status CheckBench::ProveSubscriptionAndCentre() {
  LiveDevice& meter = *Group(kUnit, kMeter).front();
  absl::Status status = Retry(
      "nothing came by the subscription", [&] { Send(meter, LANE_MEASUREMENT, PressureRecord(meter, 0), nullptr); },
      [this] {
        const std::lock_guard lock(mutex_);
        return observed_ > 0;
      });
  if (!status.ok()) return status;
  status = Retry("the alarm centre could not attach", [] {}, [this] { return centre_->attached(); });
  if (!status.ok()) return status;
  int attempts = 0;
  for (LiveDevice* const dispenser : {Group(kUnit, kDispenser).front(), Group(kLoadUnit, kDispenser).front()}) {
    const size_t before = centre_->offers();
    status = Retry(
        "no alert came to the alarm centre",
        [&] {
          const std::string episode = absl::StrCat("proof-", run_, "-", ++attempts);
          Send(*dispenser, LANE_ALARM, DoseRecord("dose_missed", episode), nullptr);
        },
        [&] { return centre_->offers() > before; });
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

void CheckBench::StartLoad(const Load::Rates& rates) {
  Say(absl::StrCat("load: ", rates.measurements_per_second, " measurements/s and ", rates.alarms_per_second,
                   " alarms/s"));
  load_ = std::make_unique<Load>(Group(kLoadUnit, kMeter), Group(kLoadUnit, kDispenser), rates);
}

absl::Status CheckBench::Measure(int measurements, int alarms) {
  Say(absl::StrCat("measuring ", measurements, " measurements and ", alarms, " alarms"));
  const std::vector<LiveDevice*> meters = Group(kUnit, kMeter);
  const std::vector<LiveDevice*> dispensers = Group(kUnit, kDispenser);
  // Odd steps, so that nothing falls in step with the load's ticks.
  constexpr absl::Duration kStep = absl::Microseconds(23'170);
  const int steps = std::max(measurements, 1);
  absl::Time next = absl::Now();
  int sent_alarms = 0;
  for (int i = 0; i < steps; ++i) {
    std::this_thread::sleep_until(absl::ToChronoTime(next));
    next += kStep;
    LiveDevice& meter = *meters[static_cast<size_t>(i) % meters.size()];
    bool kept = i >= measurements ||
                Send(meter, LANE_MEASUREMENT, PressureRecord(meter, static_cast<uint64_t>(i)), &measurements_);
    for (; sent_alarms < alarms * (i + 1) / steps; ++sent_alarms) {
      LiveDevice& dispenser = *dispensers[static_cast<size_t>(sent_alarms) % dispensers.size()];
      const std::string episode = absl::StrCat("check-", run_, "-", sent_alarms);
      kept = Send(dispenser, LANE_ALARM, DoseRecord("dose_missed", episode), &alarms_) && kept;
    }
    if (!kept) return absl::InternalError("a device refused to keep a record");
  }
  return absl::OkStatus();
}

absl::Status CheckBench::AwaitAll(absl::Duration most) {
  const absl::Time deadline = absl::Now() + most;
  while (measurements_.unfinished() + alarms_.unfinished() > 0) {
    if (absl::Now() > deadline) {
      return absl::DeadlineExceededError(absl::StrCat(
          measurements_.unfinished(), " measurements and ", alarms_.unfinished(),
          " alarms have not gone the whole way: ", measurements_.FirstUnfinished(), " ", alarms_.FirstUnfinished()));
    }
    Sleep(absl::Milliseconds(20));
  }
  return absl::OkStatus();
}

void CheckBench::Drain(absl::Duration most) {
  load_.reset();
  const absl::Time deadline = absl::Now() + most;
  const auto busy = [this] {
    return centre_->pending() > 0 || std::any_of(devices_.begin(), devices_.end(),
                                                 [](const auto& device) { return device->client->waiting() > 0; });
  };
  while (busy() && absl::Now() < deadline) Sleep(absl::Milliseconds(50));
}

}  // namespace nara::fleet
