#include "ingest/guard_topics.h"

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace nara::ingest {
namespace {

constexpr char kRoot[] = "nara/v1/guard/refused/";
constexpr std::size_t kLevels = 5;  // lane, shard, device, attempt, reason

using Word = std::pair<std::string_view, std::string_view>;

constexpr Word kAttempts[] = {{"publish", "a publish"}, {"will", "a last will"}, {"subscribe", "a subscription"}};

constexpr Word kReasons[] = {
    {"other_device", "to a topic of another device"},
    {"wrong_shard", "to a shard that is not the device's"},
    {"topic", "to a topic that is not there for devices"},
    {"wildcard", "with a wildcard; receipt and down are subscribed to by their full names"},
    {"retained", "as a retained message"},
    {"will", "that is retained, or to another topic than the own status"},
};

std::string InWords(std::span<const Word> words, const std::string& word) {
  const auto found = std::ranges::find(words, word, &Word::first);
  return found == words.end() ? word : std::string(found->second);
}

std::optional<Lane> ParseLane(std::string_view word) {
  for (const Lane lane : {Lane::kMeasurement, Lane::kAlarm}) {
    if (word == LaneName(lane)) return lane;
  }
  return std::nullopt;
}

}  // namespace

std::string GuardFilter(Lane lane, int shard) {
  return absl::StrCat(kRoot, std::string(LaneName(lane)), "/", ShardText(shard), "/#");
}

std::optional<GuardRefusal> ReadGuardRefusal(std::string_view topic) {
  if (!topic.starts_with(kRoot)) return std::nullopt;
  topic.remove_prefix(sizeof(kRoot) - 1);
  const std::vector<std::string> levels = absl::StrSplit(std::string(topic), '/');
  if (levels.size() != kLevels) return std::nullopt;
  const std::optional<Lane> lane = ParseLane(levels[0]);
  const std::string& device = levels[2];
  if (!lane || !IsDeviceId(device) || ParseShard(levels[1]) != ShardOf(device)) return std::nullopt;
  GuardRefusal refused;
  refused.origin.device = device;
  refused.origin.lane = *lane;
  refused.origin.answered = true;
  refused.refusal = {"topic_denied", absl::StrCat("the MQTT server refused ", InWords(kAttempts, levels[3]), " ",
                                                  InWords(kReasons, levels[4]))};
  return refused;
}

}  // namespace nara::ingest
