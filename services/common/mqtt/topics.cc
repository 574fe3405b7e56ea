#include "common/mqtt/topics.h"

#include <array>
#include <utility>

namespace nara {
namespace {

constexpr std::string_view kPrefix = "nara/v1/";

constexpr std::array<std::pair<TopicKind, std::string_view>, 7> kSuffixes = {{
    {TopicKind::kUp, "up"},
    {TopicKind::kUpJson, "up/json"},
    {TopicKind::kAlarm, "alarm"},
    {TopicKind::kAlarmJson, "alarm/json"},
    {TopicKind::kStatus, "status"},
    {TopicKind::kReceipt, "receipt"},
    {TopicKind::kDown, "down"},
}};

std::optional<TopicKind> ParseSuffix(std::string_view text) {
  for (const auto& [kind, suffix] : kSuffixes) {
    if (suffix == text) return kind;
  }
  return std::nullopt;
}

std::string Join(std::string_view shard, std::string_view device, TopicKind kind) {
  std::string topic(kPrefix);
  topic.append(shard).append("/").append(device).append("/").append(TopicSuffix(kind));
  return topic;
}

}  // namespace

std::string_view TopicSuffix(TopicKind kind) {
  return kSuffixes[static_cast<std::size_t>(kind)].second;
}

bool IsJson(TopicKind kind) {
  return kind == TopicKind::kUpJson || kind == TopicKind::kAlarmJson;
}

Lane LaneOf(TopicKind kind) {
  return kind == TopicKind::kUp || kind == TopicKind::kUpJson ? Lane::kMeasurement : Lane::kAlarm;
}

std::string BuildTopic(TopicKind kind, std::string_view device) {
  return Join(ShardText(ShardOf(device)), device, kind);
}

std::optional<Topic> ParseTopic(std::string_view topic) {
  if (!topic.starts_with(kPrefix)) return std::nullopt;
  topic.remove_prefix(kPrefix.size());
  if (topic.size() < 3 || topic[2] != '/') return std::nullopt;
  const std::optional<int> shard = ParseShard(topic.substr(0, 2));
  topic.remove_prefix(3);
  const std::size_t slash = topic.find('/');
  if (!shard || slash == std::string_view::npos) return std::nullopt;
  const std::string_view device = topic.substr(0, slash);
  const std::optional<TopicKind> kind = ParseSuffix(topic.substr(slash + 1));
  if (!kind || !IsDeviceId(device) || ShardOf(device) != *shard) return std::nullopt;
  return Topic{*shard, std::string(device), *kind};
}

std::string ShardFilter(TopicKind kind, int shard) {
  return Join(ShardText(shard), "+", kind);
}

std::string SessionClientId(Lane lane, int shard) {
  return "nara-" + std::string(LaneName(lane)) + "-" + ShardText(shard);
}

}  // namespace nara
