#include "deploy/mosquitto/guard/report.h"

#include <array>

namespace nara::guard {
namespace {

std::string_view Word(Attempt attempt) {
  static constexpr std::array<std::string_view, 3> kWords = {"publish", "will", "subscribe"};
  return kWords[static_cast<size_t>(attempt)];
}

}  // namespace

Report MakeReport(std::string_view device, Attempt attempt, std::string_view topic, std::string_view payload,
                  Refusal refusal) {
  const bool subscribes = attempt == Attempt::kSubscribe;
  const std::string shard = ShardOf(device);
  Report report;
  report.alarm = !subscribes && IsAlarmTopic(topic);
  report.topic.append(kReportsRoot).append(report.alarm ? "alarm" : "measurement");
  for (const std::string_view level : {std::string_view(shard), device, Word(attempt), Name(refusal)}) {
    report.topic.append("/").append(level);
  }
  report.payload = (subscribes ? topic : payload).substr(0, kMaxReportedBytes);
  return report;
}

}  // namespace nara::guard
