#include "deploy/mosquitto/guard/flood.h"

#include <algorithm>
#include <charconv>
#include <initializer_list>
#include <optional>
#include <utility>

namespace nara::guard {
namespace {

constexpr std::chrono::seconds kBetweenSweeps{10};
constexpr std::int64_t kSecond = 1'000'000'000;
// So that what it makes of nanoseconds fits.
constexpr std::int64_t kMost = 1'000'000'000;
// The server's max_packet_size: with less no message of that size would ever pass.
constexpr std::int64_t kLargestMessage = 131'072;

std::optional<std::int64_t> ParseNumber(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::chrono::nanoseconds Refilling(const Rate& rate, std::int64_t amount) {
  return std::chrono::nanoseconds(amount * kSecond / rate.per_second);
}

// When everything is there again after `amount` was taken.
Flood::Time After(Flood::Time full, const Rate& rate, std::int64_t amount, Flood::Time now) {
  return std::max(full, now) + Refilling(rate, amount);
}

bool IsOver(const Rate& rate, Flood::Time full, Flood::Time now) {
  return full - now > Refilling(rate, rate.burst);
}

}  // namespace

bool SetFloodLimit(FloodLimits& limits, std::string_view key, std::string_view value) {
  const std::optional<std::int64_t> number = ParseNumber(value);
  if (!number || *number < 1 || *number > kMost) return false;
  if (key == "bytes_burst" && *number < kLargestMessage) return false;
  const std::initializer_list<std::pair<std::string_view, std::int64_t*>> rates = {
      {"messages_per_second", &limits.messages.per_second}, {"messages_burst", &limits.messages.burst},
      {"alarms_per_second", &limits.alarms.per_second},     {"alarms_burst", &limits.alarms.burst},
      {"bytes_per_second", &limits.bytes.per_second},       {"bytes_burst", &limits.bytes.burst}};
  const auto* const found = std::ranges::find(rates, key, &std::pair<std::string_view, std::int64_t*>::first);
  if (found != rates.end()) {
    *found->second = *number;
  } else if (key == "close_after_seconds") {
    limits.close_after = std::chrono::seconds(*number);
  } else if (key == "wait_seconds") {
    limits.wait = std::chrono::seconds(*number);
  } else if (key == "devices") {
    limits.most_devices = static_cast<std::size_t>(*number);
  } else {
    return false;
  }
  return true;
}

Flood::Answer Flood::Take(std::string_view device, bool alarm, std::size_t bytes, Time now) {
  Device* const found = Find(device, now);
  if (found == nullptr) return {};
  if (now < found->waits_until) return {Action::kClose, 0};
  Lane& lane = alarm ? found->alarms : found->measurements;
  const Rate& messages = alarm ? limits_.alarms : limits_.messages;
  const Time messages_full = After(lane.messages_full, messages, 1, now);
  const Time bytes_full = After(lane.bytes_full, limits_.bytes, static_cast<std::int64_t>(bytes), now);
  if (IsOver(messages, messages_full, now) || IsOver(limits_.bytes, bytes_full, now)) {
    return Drop(*found, lane, messages, now);
  }
  lane.messages_full = messages_full;
  lane.bytes_full = bytes_full;
  return {};
}

Flood::Answer Flood::Drop(Device& device, Lane& lane, const Rate& messages, Time now) const {
  if (now - device.last_drop > kGap) device.first_drop = now;
  device.last_drop = now;
  ++device.dropped;
  if (now - device.first_drop < limits_.close_after) return {Action::kDrop, 0};
  device.waits_until = now + limits_.wait;
  device.last_drop = kNever;
  lane.messages_full = device.waits_until + Refilling(messages, messages.burst);
  lane.bytes_full = device.waits_until + Refilling(limits_.bytes, limits_.bytes.burst);
  if (now - device.told < kQuiet) return {Action::kClose, 0};
  device.told = now;
  return {Action::kClose, std::exchange(device.dropped, 0)};
}

bool Flood::Waits(std::string_view device, Time now) const {
  const auto found = devices_.find(device);
  return found != devices_.end() && now < found->second.waits_until;
}

bool Flood::IsQuiet(const Device& device, Time now) {
  const Time full = std::max({device.measurements.messages_full, device.measurements.bytes_full,
                              device.alarms.messages_full, device.alarms.bytes_full});
  return full <= now && device.waits_until <= now && now - device.last_drop > kGap && now - device.told >= kQuiet;
}

Flood::Device* Flood::Find(std::string_view id, Time now) {
  const auto found = devices_.find(id);
  if (found != devices_.end()) return &found->second;
  if (devices_.size() >= limits_.most_devices && now - swept_ >= kBetweenSweeps) {
    swept_ = now;
    std::erase_if(devices_, [now](const auto& entry) { return IsQuiet(entry.second, now); });
  }
  return devices_.size() < limits_.most_devices ? &devices_[std::string(id)] : nullptr;
}

}  // namespace nara::guard
