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

std::string ShardFilter(TopicKind kind, int shard) {
  return Join(ShardText(shard), "+", kind);
}

std::string SessionClientId(Lane lane, int shard) {
  return "nara-" + std::string(LaneName(lane)) + "-" + ShardText(shard);
}

}  // namespace nara
