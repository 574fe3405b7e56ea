// The MQTT server's own statistics ($SYS), as metrics of the alarm lane: the server has no /metrics. What it drops was
// acknowledged, so that nobody else would notice.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/metrics/registry.h"
#include "ingest/guard_topics.h"

namespace nara::ingest {

// What all their topics begin with.
inline constexpr char kServerStatistics[] = "$SYS/";

// One session reads what the server and its guard count, since that is of all shards.
inline constexpr int kCountersShard = 0;

// Whose the alert is that the server drops messages, and its kind. The id stands for no device, and is of
// kCountersShard: one thread appends to an inbox.
inline constexpr char kServerDevice[] = "platform-mqtt";
inline constexpr char kServerDropped[] = "mqtt_dropped";

// The frame by which the MQTT side tells the worker that the server drops messages, so that it is durable as all that
// rings somebody. No session subscribes to it.
inline constexpr char kServerDroppedTopic[] = "nara/v1/server/dropped";

// Nothing for every other topic.
std::optional<GuardRefusal> ReadServerDropped(std::string_view topic);

// The server counts from its start. A number that goes back is a new start: what was counted before is kept, so that a
// metric never goes back but with ingest itself. None is there before the server has said it.
//
// Threads: Take is called by one at a time.
class ServerCounters {
 public:
  // `registry` must outlive it.
  explicit ServerCounters(metrics::Registry& registry) : registry_(registry) {}

  // What Take understands.
  static std::vector<std::string> Topics();

  // How many messages the server has dropped since it last said so; 0 for every other topic, for what cannot be read,
  // and for the first time, when nobody knows since when.
  std::uint64_t Take(std::string_view topic, std::string_view payload);

 private:
  struct Counted {
    double before = 0;  // until the server's last start
    std::optional<double> last;
  };

  metrics::Registry& registry_;
  std::map<std::string, Counted> counted_;  // by topic
};

}  // namespace nara::ingest
