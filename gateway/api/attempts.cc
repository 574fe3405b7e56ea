#include "gateway/api/attempts.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/rpc/error.h"

namespace nara::gateway {
namespace {

std::string OfAddress(const std::string& address) {
  return absl::StrCat("address ", address);
}

std::string RefusedOfDevice(const std::string& address, const std::string& device) {
  return absl::StrCat("refused ", address, " ", device);
}

std::string OfDevice(const std::string& address, const std::string& device) {
  return absl::StrCat("tried ", address, " ", device);
}

absl::Status TooMany(absl::Duration wait) {
  return rpc::Error(absl::StatusCode::kResourceExhausted, "TOO_MANY_ATTEMPTS",
                    "too much was tried from this address; wait, or use another connection",
                    {{"retry_after_s", absl::StrCat(absl::ToInt64Seconds(absl::Ceil(wait, absl::Seconds(1))))}});
}

}  // namespace

absl::Status Attempts::Begin(const std::string& address, const std::string& device) {
  const std::lock_guard lock(mutex_);
  const absl::Duration now = clock_.Monotonic();
  const absl::Duration wait = std::max({WaitFor(OfDevice(address, device), kOfDevice, now),
                                        WaitFor(RefusedOfDevice(address, device), kRefusedOfDevice, now),
                                        WaitFor(OfAddress(address), kRefusedOfAddress, now)});
  if (wait > absl::ZeroDuration()) return TooMany(wait);
  Owe(OfDevice(address, device), kOfDevice, now);
  Owe(RefusedOfDevice(address, device), kRefusedOfDevice, now);
  Owe(OfAddress(address), kRefusedOfAddress, now);
  MakeRoom(now);
  return absl::OkStatus();
}

void Attempts::Passed(const std::string& address, const std::string& device, bool in) {
  const std::lock_guard lock(mutex_);
  Forgive(OfAddress(address), kRefusedOfAddress.each);
  Forgive(RefusedOfDevice(address, device), in ? absl::InfiniteDuration() : kRefusedOfDevice.each);
}

absl::Duration Attempts::WaitFor(const std::string& key, const Rate& rate, absl::Duration now) const {
  const auto found = debts_.find(key);
  if (found == debts_.end()) return absl::ZeroDuration();
  return std::max(absl::ZeroDuration(), found->second - now - rate.each * (rate.at_once - 1));
}

void Attempts::Owe(const std::string& key, const Rate& rate, absl::Duration now) {
  absl::Duration& until = debts_[key];
  until = std::max(until, now) + rate.each;
}

void Attempts::Forgive(const std::string& key, absl::Duration what) {
  const auto found = debts_.find(key);
  if (found == debts_.end()) return;
  found->second -= what;
  if (found->second <= clock_.Monotonic()) debts_.erase(found);
}

// Half of them at a time, so that a crowd of addresses does not make each of its tries cost a search.
void Attempts::MakeRoom(absl::Duration now) {
  if (debts_.size() <= most_kept_) return;
  std::erase_if(debts_, [now](const auto& debt) { return debt.second <= now; });
  if (debts_.size() <= most_kept_ / 2) return;
  std::vector<absl::Duration> owed;
  owed.reserve(debts_.size());
  for (const auto& [key, until] : debts_) owed.push_back(until);
  const auto middle = owed.begin() + static_cast<std::ptrdiff_t>(owed.size() / 2);
  std::nth_element(owed.begin(), middle, owed.end());
  std::erase_if(debts_, [least = *middle](const auto& debt) { return debt.second <= least; });
}

}  // namespace nara::gateway
