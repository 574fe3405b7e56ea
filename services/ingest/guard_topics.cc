#include "ingest/guard_topics.h"

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace nara::ingest {
namespace {

constexpr char kRoot[] = "nara/v1/guard/refused/";
constexpr std::size_t kLevels = 5;  // lane, shard, device, attempt, reason
constexpr std::string_view kTwoPlacesRoot = "nara/v1/guard/two_places/";
constexpr std::size_t kMostNetworks = 100;
constexpr std::string_view kFloodRoot = "nara/v1/guard/flood/";
constexpr std::size_t kMostDigits = 20;

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

bool IsOf(const std::string& shard, const std::string& device) {
  return IsDeviceId(device) && ParseShard(shard) == ShardOf(device);
}

// "192.0.2.0/24 2001:db8:1::/48"
bool AreNetworks(std::string_view text) {
  return text.size() <= kMostNetworks && std::ranges::count(text, ' ') == 1 &&
         text.find_first_not_of("0123456789abcdef.:/ ") == std::string_view::npos;
}

std::string Between(std::string_view networks) {
  if (!AreNetworks(networks)) return "";
  const std::size_t space = networks.find(' ');
  return absl::StrCat(" (", std::string(networks.substr(0, space)), " and ", std::string(networks.substr(space + 1)),
                      ")");
}

// " (31234 messages dropped)"
std::string HowMany(std::string_view dropped) {
  const bool number =
      !dropped.empty() && dropped.size() <= kMostDigits && std::ranges::all_of(dropped, absl::ascii_isdigit);
  return number ? absl::StrCat(" (", std::string(dropped), " messages dropped)") : "";
}

// What the guard noticed of a device, told on "{root}{shard}/{device}"; `refusal` is made of nothing else.
std::optional<GuardRefusal> Noticed(std::string_view topic, std::string_view root, const auto& refusal) {
  if (!topic.starts_with(root)) return std::nullopt;
  const std::vector<std::string> levels = absl::StrSplit(std::string(topic.substr(root.size())), '/');
  if (levels.size() != 2 || !IsOf(levels[0], levels[1])) return std::nullopt;
  GuardRefusal noticed;
  noticed.origin.device = levels[1];
  noticed.origin.lane = Lane::kAlarm;
  noticed.origin.answered = true;
  noticed.refusal = refusal();
  return noticed;
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
  if (!lane || !IsOf(levels[1], device)) return std::nullopt;
  GuardRefusal refused;
  refused.origin.device = device;
  refused.origin.lane = *lane;
  refused.origin.answered = true;
  refused.refusal = {"topic_denied", absl::StrCat("the MQTT server refused ", InWords(kAttempts, levels[3]), " ",
                                                  InWords(kReasons, levels[4]))};
  return refused;
}

std::string TwoPlacesFilter(int shard) {
  return absl::StrCat(std::string(kTwoPlacesRoot), ShardText(shard), "/+");
}

std::optional<GuardRefusal> ReadTwoPlaces(std::string_view topic, std::string_view networks) {
  return Noticed(topic, kTwoPlacesRoot, [networks] {
    return Refusal{"two_places", absl::StrCat("two come in as this device and end each other's session",
                                              Between(networks), "; find out which it is, and revoke the other")};
  });
}

std::string FloodFilter(int shard) {
  return absl::StrCat(std::string(kFloodRoot), ShardText(shard), "/+");
}

std::optional<GuardRefusal> ReadFlood(std::string_view topic, std::string_view dropped) {
  return Noticed(topic, kFloodRoot, [dropped] {
    return Refusal{"flood",
                   absl::StrCat("it sends faster than a device may, for so long that the MQTT server closed "
                                "its connection",
                                HowMany(dropped), "; what it sends meanwhile is not taken, its alarms neither")};
  });
}

}  // namespace nara::ingest
