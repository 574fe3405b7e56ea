#include "ingest/receipt_coalescer.h"

#include <algorithm>
#include <utility>

namespace nara::ingest {
namespace {

bool Mergeable(const OutgoingReceipt& a, const OutgoingReceipt& b) {
  return a.encoding == b.encoding && a.receipt.epoch() == b.receipt.epoch() && a.receipt.epoch() != 0 &&
         a.receipt.ref().empty() && b.receipt.ref().empty();
}

void Merge(const OutgoingReceipt& newer, OutgoingReceipt& waiting) {
  waiting.receipt.set_through(std::max(waiting.receipt.through(), newer.receipt.through()));
  for (const std::uint64_t seq : newer.receipt.held()) {
    if (std::ranges::find(waiting.receipt.held(), seq) == waiting.receipt.held().end()) waiting.receipt.add_held(seq);
  }
  for (const auto& rejection : newer.receipt.rejected()) {
    const bool known = std::ranges::any_of(waiting.receipt.rejected(), [&](const auto& other) {
      return other.seq() == rejection.seq() && other.reason() == rejection.reason();
    });
    if (!known) *waiting.receipt.add_rejected() = rejection;
  }
}

}  // namespace

void ReceiptCoalescer::Add(OutgoingReceipt receipt, absl::Duration now, std::vector<OutgoingReceipt>& out) {
  if (interval_ <= absl::ZeroDuration()) {
    out.push_back(std::move(receipt));
    return;
  }
  const auto known = devices_.find(receipt.device);
  if (known == devices_.end()) {
    Sent(receipt.device, now);
    out.push_back(std::move(receipt));
    return;
  }
  std::optional<OutgoingReceipt>& waiting = known->second.waiting;
  if (waiting && Mergeable(*waiting, receipt)) return Merge(receipt, *waiting);
  if (waiting) out.push_back(*std::exchange(waiting, std::nullopt));
  if (receipt.receipt.epoch() != 0 && receipt.receipt.ref().empty()) {
    waiting = std::move(receipt);
  } else {
    out.push_back(std::move(receipt));
  }
}

void ReceiptCoalescer::Sent(const std::string& device, absl::Duration now) {
  devices_[device] = {now + interval_, std::nullopt};
  order_.emplace_back(now + interval_, device);
}

void ReceiptCoalescer::TakeDue(absl::Duration now, std::vector<OutgoingReceipt>& out) {
  while (!order_.empty() && order_.front().first <= now) {
    const std::string device = std::move(order_.front().second);
    order_.pop_front();
    std::optional<OutgoingReceipt> waiting = std::move(devices_[device].waiting);
    devices_.erase(device);
    if (!waiting) continue;
    out.push_back(*std::move(waiting));
    Sent(device, now);
  }
}

absl::Duration ReceiptCoalescer::NextDue() const {
  return order_.empty() ? absl::InfiniteDuration() : order_.front().first;
}

}  // namespace nara::ingest
