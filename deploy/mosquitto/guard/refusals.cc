#include "deploy/mosquitto/guard/refusals.h"

namespace nara::guard {

bool Refusals::Count(Refusal refusal, Time now) {
  Counter& counter = counters_[static_cast<size_t>(refusal)];
  const bool log = counter.count == 0 || now - counter.logged >= kInterval;
  if (log) counter.logged = now;
  ++counter.count;
  changed_ = true;
  return log;
}

void Refusals::Cut() {
  ++cut_;
  changed_ = true;
}

bool Refusals::ShouldPublish(Time now) {
  const bool publish = changed_ && (published_ == Time() || now - published_ >= kInterval);
  if (!publish) return false;
  published_ = now;
  changed_ = false;
  return true;
}

std::string Refusals::ToJson() const {
  std::string json = "{";
  for (int i = 0; i < kRefusalCount; ++i) {
    json += "\"" + std::string(Name(static_cast<Refusal>(i))) + "\":" + std::to_string(counters_[i].count) + ",";
  }
  return json + "\"cut\":" + std::to_string(cut_) + "}";
}

}  // namespace nara::guard
