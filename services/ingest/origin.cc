#include "ingest/origin.h"

#include "common/mqtt/topics.h"

namespace nara::ingest {
namespace {

constexpr std::string_view kPrefix = "nara/v1/";
constexpr std::size_t kShardAt = kPrefix.size();
constexpr std::size_t kDeviceAt = kShardAt + 3;  // two digits and a slash

constexpr TopicKind kUplinkKinds[] = {TopicKind::kUp, TopicKind::kUpJson, TopicKind::kAlarm, TopicKind::kAlarmJson,
                                      TopicKind::kStatus};

}  // namespace

std::optional<ReadTopic> ReadUplinkTopic(std::string_view topic) {
  if (!topic.starts_with(kPrefix) || topic.size() <= kDeviceAt || topic[kDeviceAt - 1] != '/') return std::nullopt;
  const std::string_view rest = topic.substr(kDeviceAt);
  const std::size_t slash = rest.find('/');
  if (slash == std::string_view::npos || !IsDeviceId(rest.substr(0, slash))) return std::nullopt;
  for (const TopicKind kind : kUplinkKinds) {
    if (rest.substr(slash + 1) != TopicSuffix(kind)) continue;
    ReadTopic read;
    read.origin.device = rest.substr(0, slash);
    read.origin.lane = LaneOf(kind);
    read.origin.encoding = IsJson(kind) ? Encoding::kJson : Encoding::kProtobuf;
    read.status = kind == TopicKind::kStatus;
    read.right_shard = topic.substr(kShardAt, 2) == ShardText(ShardOf(read.origin.device));
    return read;
  }
  return std::nullopt;
}

}  // namespace nara::ingest
