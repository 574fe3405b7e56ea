#include "deploy/mosquitto/guard/takeovers.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

namespace nara::guard {
namespace {

constexpr std::size_t kMostOusted = 8;
constexpr std::chrono::seconds kBetweenSweeps{10};
constexpr std::string_view kMapped = "::ffff:";

template <typename Address>
std::string Masked(int family, std::string_view text, std::size_t kept, std::string_view length) {
  Address address;
  if (inet_pton(family, std::string(text).c_str(), &address) != 1) return "unknown";
  auto* bytes = reinterpret_cast<unsigned char*>(&address);
  std::fill(bytes + kept, bytes + sizeof address, 0);
  std::array<char, INET6_ADDRSTRLEN> network{};
  inet_ntop(family, &address, network.data(), network.size());
  return std::string(network.data()).append(length);
}

}  // namespace

std::string NetworkOf(std::string_view address) {
  if (address.starts_with(kMapped) && address.find('.') != std::string_view::npos) {
    address.remove_prefix(kMapped.size());
  }
  if (address.find(':') == std::string_view::npos) return Masked<in_addr>(AF_INET, address, 3, "/24");
  return Masked<in6_addr>(AF_INET6, address, 6, "/48");
}

bool Takeovers::Seen(std::string_view device, std::string_view from, std::string_view to, Time now) {
  if (from == to) return false;
  Fight* const fight = Of(device, now);
  if (fight == nullptr) return false;
  Forget(*fight, now);
  const bool returns = std::ranges::any_of(fight->ousted, [to](const auto& ousted) { return ousted.second == to; });
  fight->ousted.emplace_back(now, from);
  if (fight->ousted.size() > kMostOusted) fight->ousted.pop_front();
  if (returns) fight->returns.push_back(now);
  if (fight->returns.size() > kReturns) fight->returns.pop_front();
  if (fight->returns.size() < kReturns || (fight->ever_told && now - fight->told < kQuiet)) return false;
  fight->told = now;
  fight->ever_told = true;
  return true;
}

void Takeovers::Forget(Fight& fight, Time now) {
  while (!fight.ousted.empty() && now - fight.ousted.front().first >= kWindow) fight.ousted.pop_front();
  while (!fight.returns.empty() && now - fight.returns.front() >= kWindow) fight.returns.pop_front();
}

bool Takeovers::IsOver(const Fight& fight, Time now) {
  const bool quiet = fight.ousted.empty() || now - fight.ousted.back().first >= kWindow;
  return quiet && (!fight.ever_told || now - fight.told >= kQuiet);
}

Takeovers::Fight* Takeovers::Of(std::string_view device, Time now) {
  const auto found = fights_.find(device);
  if (found != fights_.end()) return &found->second;
  if (fights_.size() >= kMostDevices && now - swept_ >= kBetweenSweeps) {
    swept_ = now;
    std::erase_if(fights_, [now](const auto& fight) { return IsOver(fight.second, now); });
  }
  return fights_.size() < kMostDevices ? &fights_[std::string(device)] : nullptr;
}

}  // namespace nara::guard
