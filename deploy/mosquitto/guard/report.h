#pragma once

#include <string>
#include <string_view>

#include "deploy/mosquitto/guard/rules.h"

namespace nara::guard {

// What a device tried.
enum class Attempt { kPublish, kWill, kSubscribe };

// A refusal as ingest is told of it, for quarantine: docs/formats/topics.md.
struct Report {
  bool alarm = false;        // it is about something that was written to an alarm topic
  std::string topic;         // "nara/v1/guard/refused/{lane}/{shard}/{device}/{attempt}/{reason}"
  std::string_view payload;  // the begin of what the device sent, or the filter that it subscribed to
};

// As much of a payload is told. More shows more of what a device sent, and lets it cost more.
inline constexpr size_t kMaxReportedBytes = 4'096;

// `device` is the one that tried; the topic that it tried is not told, since it may name another one. What was written
// to an alarm topic goes by the alarm lane, where ingest tells somebody; everything else by the other one. The report
// points into `topic` or `payload`.
Report MakeReport(std::string_view device, Attempt attempt, std::string_view topic, std::string_view payload,
                  Refusal refusal);

}  // namespace nara::guard
