#include "tools/fleet/check_centre.h"

#include <utility>

#include "absl/time/clock.h"

namespace nara::fleet {
namespace {

constexpr char kOperator[] = "check";

}  // namespace

CheckCentre::CheckCentre(tools::AlertClient& alerts, std::string receiver, Ledger& ledger)
    : alerts_(alerts), receiver_(std::move(receiver)), ledger_(ledger) {
  thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
  attendance_ = alerts_.Attend(receiver_, kOperator,
                               {.offer = [this](const auto& offer) { OnOffer(offer); },
                                .withdrawal = {},
                                .heartbeat =
                                    [this](const auto&) {
                                      const std::lock_guard lock(mutex_);
                                      attached_ = true;
                                    },
                                .lost = {}});
}

CheckCentre::~CheckCentre() = default;

void CheckCentre::OnOffer(const alert::v1::Offer& offer) {
  ledger_.Arrived(offer.alert().event_id(), absl::Now());
  const std::lock_guard lock(mutex_);
  ++offers_;
  open_.push_back(offer.alert().id());
  wake_.notify_one();
}

void CheckCentre::Run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (wake_.wait(lock, stop, [this] { return !open_.empty(); })) {
    const std::string alert = open_.front();
    lock.unlock();
    Close(alert);
    lock.lock();
    open_.pop_front();
  }
}

void CheckCentre::Close(const std::string& alert) {
  alert::v1::AcceptAlertRequest accept;
  accept.set_alert(alert);
  accept.set_receiver(receiver_);
  accept.set_operator_(kOperator);
  // One that was taken otherwise is no longer ours to resolve.
  if (!alerts_.AcceptAlert(accept).ok()) return;
  alert::v1::ResolveAlertRequest resolve;
  resolve.set_alert(alert);
  resolve.set_receiver(receiver_);
  resolve.set_operator_(kOperator);
  resolve.set_reason("check");
  alerts_.ResolveAlert(resolve).status().IgnoreError();
}

bool CheckCentre::attached() const {
  const std::lock_guard lock(mutex_);
  return attached_;
}

size_t CheckCentre::offers() const {
  const std::lock_guard lock(mutex_);
  return offers_;
}

size_t CheckCentre::pending() const {
  const std::lock_guard lock(mutex_);
  return open_.size();
}

}  // namespace nara::fleet
