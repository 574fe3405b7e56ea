#include "deploy/mosquitto/guard/limit.h"

namespace nara::guard {

bool Limit::Allow(std::string_view device, Time now) {
  Forget(now);
  if (told_.size() >= kInAll) return false;
  const auto found = by_device_.try_emplace(std::string(device), 0).first;
  if (found->second >= kPerDevice) return false;
  ++found->second;
  told_.emplace_back(now, device);
  return true;
}

void Limit::Forget(Time now) {
  while (!told_.empty() && now - told_.front().first >= kWindow) {
    const auto found = by_device_.find(told_.front().second);
    if (--found->second == 0) by_device_.erase(found);
    told_.pop_front();
  }
}

}  // namespace nara::guard
