#include "ingest/device_limits.h"

#include <algorithm>

namespace nara::ingest {
namespace {

constexpr absl::Duration kBetweenSweeps = absl::Seconds(1);

}  // namespace

DeviceLimits::DeviceLimits(const DeviceLimitOptions& options)
    : most_devices_(options.most_devices),
      measurements_(ClassOf(options.measurements)),
      alarms_(ClassOf(options.alarms)) {}

DeviceLimits::Class DeviceLimits::ClassOf(const Allowance& allowance) {
  Class limit;
  limit.each = absl::Seconds(1) / allowance.per_second;
  limit.filled = limit.each * allowance.burst;
  return limit;
}

DeviceLimits::Answer DeviceLimits::Take(const std::string& device, bool alarm_class, std::int64_t records,
                                        absl::Time now) {
  return TakeFrom(alarm_class ? alarms_ : measurements_, device, records, now);
}

DeviceLimits::Answer DeviceLimits::TakeFrom(Class& limit, const std::string& device, std::int64_t records,
                                            absl::Time now) const {
  Device* const found = Find(limit, device, now);
  if (found == nullptr) return Answer::kTake;
  // Only a clock that was set back makes it longer.
  const bool in_debt = found->full_at > now && found->full_at - now <= limit.filled;
  const absl::Time full_at = (in_debt ? found->full_at : now) + limit.each * records;
  if (full_at - now > limit.filled) return Over(*found, now);
  found->full_at = full_at;
  return Answer::kTake;
}

DeviceLimits::Answer DeviceLimits::Over(Device& device, absl::Time now) {
  if (absl::AbsDuration(now - device.told) < kQuiet) return Answer::kOver;
  device.told = now;
  return Answer::kOverTold;
}

DeviceLimits::Device* DeviceLimits::Find(Class& limit, const std::string& device, absl::Time now) const {
  const auto found = limit.devices.find(device);
  if (found != limit.devices.end()) return &found->second;
  if (limit.devices.size() >= most_devices_ && absl::AbsDuration(now - limit.swept) >= kBetweenSweeps) {
    limit.swept = now;
    std::erase_if(limit.devices, [now](const auto& entry) { return entry.second.full_at <= now; });
  }
  return limit.devices.size() < most_devices_ ? &limit.devices[device] : nullptr;
}

}  // namespace nara::ingest
