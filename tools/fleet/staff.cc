#include "tools/fleet/staff.h"

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"
#include "tools/fleet/staff_plan.h"

namespace nara::fleet {
namespace {

// Bound of what waits; beyond it an offer goes unheard, as with too few people.
constexpr size_t kMostTasks = 20'000;

}  // namespace

Staff::Staff(tools::AlertClient& alerts, const std::vector<std::string>& receivers, uint64_t seed)
    : alerts_(alerts), seed_(seed) {
  thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
  for (const std::string& receiver : receivers) {
    attendances_.push_back(
        alerts_.Attend(receiver, SimulatedOperator(receiver),
                       {.offer = [this, receiver](const auto& offer) { OnOffer(receiver, offer); },
                        .withdrawal = {},
                        .heartbeat = [this, receiver](const auto& beat) { OnHeartbeat(receiver, beat); },
                        .lost = {}}));
  }
}

Staff::~Staff() = default;

void Staff::OnHeartbeat(const std::string& receiver, const alert::v1::Heartbeat& heartbeat) {
  const bool person = !std::all_of(heartbeat.operators().begin(), heartbeat.operators().end(),
                                   [](const std::string& id) { return IsSimulated(id); });
  const std::lock_guard lock(mutex_);
  if (person) {
    held_.insert(receiver);
  } else {
    held_.erase(receiver);
  }
}

void Staff::OnOffer(const std::string& receiver, const alert::v1::Offer& offer) {
  const std::string& alert = offer.alert().id();
  const StaffPlan plan = PlanFor(receiver, alert, seed_);
  if (plan.act == StaffPlan::Act::kSleep) return;
  Later(plan.after, [this, receiver, alert, plan] {
    if (Held(receiver)) return;
    if (plan.act == StaffPlan::Act::kReject) return Reject(receiver, alert);
    Accept(receiver, alert, plan.resolve_after);
  });
}

bool Staff::Held(const std::string& receiver) {
  const std::lock_guard lock(mutex_);
  return held_.contains(receiver);
}

// An alert that somebody else took, or that ended, refuses all three: nothing is
// left to do then.
void Staff::Accept(const std::string& receiver, const std::string& alert, absl::Duration resolve_after) {
  alert::v1::AcceptAlertRequest request;
  request.set_alert(alert);
  request.set_receiver(receiver);
  request.set_operator_(SimulatedOperator(receiver));
  if (!alerts_.AcceptAlert(request).ok()) return;
  Later(resolve_after, [this, receiver, alert] { Resolve(receiver, alert); });
}

void Staff::Reject(const std::string& receiver, const std::string& alert) {
  alert::v1::RejectAlertRequest request;
  request.set_alert(alert);
  request.set_receiver(receiver);
  request.set_operator_(SimulatedOperator(receiver));
  request.set_reason("nobody free");
  alerts_.RejectAlert(request).status().IgnoreError();
}

void Staff::Resolve(const std::string& receiver, const std::string& alert) {
  alert::v1::ResolveAlertRequest request;
  request.set_alert(alert);
  request.set_receiver(receiver);
  request.set_operator_(SimulatedOperator(receiver));
  request.set_reason("called the resident");
  alerts_.ResolveAlert(request).status().IgnoreError();
}

void Staff::Later(absl::Duration after, std::function<void()> task) {
  const std::lock_guard lock(mutex_);
  if (tasks_.size() >= kMostTasks) return;
  tasks_.emplace(absl::Now() + after, std::move(task));
  wake_.notify_one();
}

void Staff::Run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    const absl::Time due = tasks_.empty() ? absl::Now() + absl::Seconds(1) : tasks_.begin()->first;
    if (tasks_.empty() || due > absl::Now()) {
      wake_.wait_until(lock, stop, absl::ToChronoTime(due),
                       [&] { return !tasks_.empty() && tasks_.begin()->first < due; });
      continue;
    }
    const auto task = std::move(tasks_.begin()->second);
    tasks_.erase(tasks_.begin());
    lock.unlock();
    task();
    lock.lock();
  }
}

}  // namespace nara::fleet
