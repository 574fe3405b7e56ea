#include "deploy/mosquitto/guard/rules.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace nara::guard {
namespace {

constexpr std::string_view kRoot = "nara/v1/";
constexpr std::string_view kServerStatistics = "$SYS/broker/";
constexpr std::string_view kPlatformIds = "nara-";
constexpr std::string_view kAdministratorIds = "nara-admin";
constexpr std::string_view kRegistryIds = "nara-device-registry";
constexpr size_t kMinId = 3;
constexpr size_t kMaxId = 63;
constexpr unsigned kShards = 16;

bool IsLowerOrDigit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool IsUplink(std::string_view channel) {
  static constexpr std::array<std::string_view, 5> kUplinks = {"up", "alarm", "up/json", "alarm/json", "status"};
  return std::ranges::find(kUplinks, channel) != kUplinks.end();
}

bool IsDownlink(std::string_view channel) {
  return channel == "receipt" || channel == "down";
}

uint16_t Crc16(std::string_view bytes) {
  unsigned crc = 0;
  for (const char c : bytes) {
    crc ^= static_cast<unsigned>(static_cast<unsigned char>(c)) << 8;
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 0x8000) != 0 ? (crc << 1) ^ 0x1021 : crc << 1;
  }
  return static_cast<uint16_t>(crc);
}

// Whose topic it is: nothing when it is the device's own.
std::optional<Refusal> CheckOwner(std::string_view device, const DeviceTopic& topic) {
  if (topic.device != device) return Refusal::kOtherDevice;
  if (topic.shard != ShardOf(device)) return Refusal::kWrongShard;
  return std::nullopt;
}

std::optional<Refusal> CheckServiceWrite(Service service, std::string_view topic, bool retain) {
  if (service == Service::kRegistry && topic == kRevokedTopic) {
    return retain ? std::optional(Refusal::kRetained) : std::nullopt;
  }
  if (service != Service::kIngest) return Refusal::kTopic;
  const auto parsed = ParseDeviceTopic(topic);
  if (!parsed || !IsDeviceId(parsed->device) || !IsDownlink(parsed->channel)) return Refusal::kTopic;
  if (parsed->shard != ShardOf(parsed->device)) return Refusal::kWrongShard;
  if (retain) return Refusal::kRetained;
  return std::nullopt;
}

bool MayRead(Service service, std::string_view topic) {
  if (service == Service::kRegistry) return topic == kInForceTopic;
  if (topic == kRefusalsTopic || topic.starts_with(kServerStatistics)) return true;
  if (service != Service::kIngest) return false;
  const auto parsed = ParseDeviceTopic(topic);
  return topic.starts_with(kReportsRoot) || topic.starts_with(kTwoPlacesRoot) || topic.starts_with(kFloodRoot) ||
         (parsed && IsUplink(parsed->channel));
}

// A filter of ingest is granted as a whole; what it matches is checked again, message by message, as a read.
bool MaySubscribe(Service service, std::string_view filter) {
  if (service == Service::kRegistry) return filter == kInForceTopic;
  if (service == Service::kIngest && filter.starts_with(kRoot)) return true;
  return filter == kRefusalsTopic || filter.starts_with(kServerStatistics);
}

}  // namespace

std::string_view Name(Refusal refusal) {
  static constexpr std::array<std::string_view, kRefusalCount> kNames = {
      "device_id", "client_id", "password", "service", "other_device", "wrong_shard", "topic",
      "wildcard",  "retained",  "will",     "address", "revoked",      "over_rate",   "flood"};
  return kNames[static_cast<size_t>(refusal)];
}

std::optional<DeviceTopic> ParseDeviceTopic(std::string_view topic) {
  if (!topic.starts_with(kRoot)) return std::nullopt;
  topic.remove_prefix(kRoot.size());
  const size_t device = topic.find('/');
  if (device == std::string_view::npos) return std::nullopt;
  const size_t channel = topic.find('/', device + 1);
  if (channel == std::string_view::npos) return std::nullopt;
  return DeviceTopic{topic.substr(0, device), topic.substr(device + 1, channel - device - 1),
                     topic.substr(channel + 1)};
}

bool IsAlarmTopic(std::string_view topic) {
  const auto parsed = ParseDeviceTopic(topic);
  return parsed && (parsed->channel == "alarm" || parsed->channel == "alarm/json");
}

bool IsDeviceId(std::string_view id) {
  return id.size() >= kMinId && id.size() <= kMaxId && IsLowerOrDigit(id.front()) && !id.starts_with(kPlatformIds) &&
         std::ranges::all_of(id, [](char c) { return IsLowerOrDigit(c) || c == '-'; });
}

bool IsLoopback(std::string_view address) {
  return address.starts_with("127.") || address.starts_with("::ffff:127.") || address == "::1";
}

std::string ShardOf(std::string_view device) {
  const unsigned shard = Crc16(device) % kShards;
  return {static_cast<char>('0' + shard / 10), static_cast<char>('0' + shard % 10)};
}

std::optional<Service> ServiceOf(std::string_view common_name) {
  if (common_name == "nara-ingest") return Service::kIngest;
  if (common_name == "nara-admin") return Service::kAdmin;
  if (common_name == "nara-device-registry") return Service::kRegistry;
  return std::nullopt;
}

std::optional<Refusal> CheckDeviceLogin(std::string_view device, std::string_view client_id) {
  if (!IsDeviceId(device)) return Refusal::kDeviceId;
  if (device != client_id) return Refusal::kClientId;
  return std::nullopt;
}

std::optional<Refusal> CheckServiceLogin(std::string_view common_name, std::string_view client_id) {
  const auto service = ServiceOf(common_name);
  if (!service) return Refusal::kService;
  const std::string_view ids = *service == Service::kAdmin      ? kAdministratorIds
                               : *service == Service::kRegistry ? kRegistryIds
                                                                : kPlatformIds;
  const bool own = client_id.starts_with(ids);
  return own ? std::nullopt : std::optional(Refusal::kClientId);
}

std::optional<Refusal> CheckDevice(std::string_view device, Access access, std::string_view topic, bool retain) {
  if (!IsDeviceId(device)) return Refusal::kDeviceId;
  if (topic.find_first_of("+#") != std::string_view::npos) return Refusal::kWildcard;
  const auto parsed = ParseDeviceTopic(topic);
  if (!parsed) return Refusal::kTopic;
  if (const auto refusal = CheckOwner(device, *parsed)) return refusal;
  const bool write = access == Access::kWrite;
  if (write ? !IsUplink(parsed->channel) : !IsDownlink(parsed->channel)) return Refusal::kTopic;
  if (write && retain) return Refusal::kRetained;
  return std::nullopt;
}

std::optional<Refusal> CheckService(Service service, Access access, std::string_view topic, bool retain) {
  if (access == Access::kWrite) return CheckServiceWrite(service, topic, retain);
  const bool allowed = access == Access::kSubscribe ? MaySubscribe(service, topic) : MayRead(service, topic);
  return allowed ? std::nullopt : std::optional(Refusal::kTopic);
}

}  // namespace nara::guard
