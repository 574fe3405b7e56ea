#include "ingest/server_counters.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/numbers.h"

namespace nara::ingest {
namespace {

constexpr std::string_view kDropped = "$SYS/broker/publish/messages/dropped";

struct Statistic {
  std::string topic;
  std::string name;
  std::string help;
  metrics::Labels labels;
  bool counter = true;
};

const std::vector<Statistic>& Statistics() {
  static constexpr char kPackets[] = "Packets of MQTT, of every type.";
  static constexpr char kPublishes[] = "Messages that were published to the server, and by it.";
  static constexpr char kBytes[] = "Bytes of MQTT.";
  static constexpr char kClients[] = "Sessions that the server has.";
  static const metrics::Labels received = {{"direction", "received"}};
  static const metrics::Labels sent = {{"direction", "sent"}};
  static const std::vector<Statistic> statistics = {
      {"$SYS/broker/messages/received", "nara_mqtt_packets_total", kPackets, received},
      {"$SYS/broker/messages/sent", "nara_mqtt_packets_total", kPackets, sent},
      {"$SYS/broker/publish/messages/received", "nara_mqtt_publishes_total", kPublishes, received},
      {"$SYS/broker/publish/messages/sent", "nara_mqtt_publishes_total", kPublishes, sent},
      {std::string(kDropped), "nara_mqtt_publishes_dropped_total", "Messages that the server had no room for.", {}},
      {"$SYS/broker/bytes/received", "nara_mqtt_bytes_total", kBytes, received},
      {"$SYS/broker/bytes/sent", "nara_mqtt_bytes_total", kBytes, sent},
      {"$SYS/broker/clients/connected", "nara_mqtt_clients_count", kClients, {{"state", "connected"}}, false},
      {"$SYS/broker/clients/disconnected", "nara_mqtt_clients_count", kClients, {{"state", "away"}}, false},
      {"$SYS/broker/clients/maximum", "nara_mqtt_clients_most_count", "Most clients at once.", {}, false},
      {"$SYS/broker/store/messages/count", "nara_mqtt_stored_count", "Messages that the server holds.", {}, false},
      {"$SYS/broker/store/messages/bytes", "nara_mqtt_stored_bytes", "Payload of these.", {}, false},
      {"$SYS/broker/heap/current", "nara_mqtt_heap_bytes", "Memory of the server.", {}, false}};
  return statistics;
}

}  // namespace

std::optional<GuardRefusal> ReadServerDropped(std::string_view topic) {
  if (topic != kServerDroppedTopic) return std::nullopt;
  GuardRefusal dropped;
  dropped.origin.device = kServerDevice;
  dropped.origin.lane = Lane::kAlarm;
  dropped.origin.answered = true;
  dropped.origin.platform = true;
  dropped.refusal = {kServerDropped, "the MQTT server had no room for messages that it had acknowledged"};
  return dropped;
}

std::vector<std::string> ServerCounters::Topics() {
  std::vector<std::string> topics;
  for (const Statistic& statistic : Statistics()) topics.push_back(statistic.topic);
  return topics;
}

std::uint64_t ServerCounters::Take(std::string_view topic, std::string_view payload) {
  const auto found = std::ranges::find(Statistics(), topic, &Statistic::topic);
  double value = 0;
  if (found == Statistics().end() || !absl::SimpleAtod(std::string(payload), &value)) return 0;
  if (!std::isfinite(value) || value < 0) return 0;
  metrics::Gauge& metric = found->counter ? registry_.AddMirror(found->name, found->help, found->labels)
                                          : registry_.AddGauge(found->name, found->help, found->labels);
  if (!found->counter) {
    metric.Set(value);
    return 0;
  }
  Counted& counted = counted_[found->topic];
  const bool restarted = counted.last && value < *counted.last;
  if (restarted) counted.before += *counted.last;
  const double more = !counted.last ? 0 : restarted ? value : value - *counted.last;
  counted.last = value;
  metric.Set(counted.before + value);
  return topic == kDropped ? static_cast<std::uint64_t>(more) : 0;
}

}  // namespace nara::ingest
