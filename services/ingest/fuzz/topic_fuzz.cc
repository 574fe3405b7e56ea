// Whatever stands in a topic: a device of ours, or nothing.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "common/mqtt/shard.h"
#include "ingest/guard_topics.h"
#include "ingest/origin.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view topic(reinterpret_cast<const char*>(data), size);
  const auto uplink = nara::ingest::ReadUplinkTopic(topic);
  if (uplink.has_value() && !nara::IsDeviceId(uplink->origin.device)) std::abort();
  const auto refusal = nara::ingest::ReadGuardRefusal(topic);
  if (refusal.has_value() && !nara::IsDeviceId(refusal->origin.device)) std::abort();
  const auto places = nara::ingest::ReadTwoPlaces(topic, topic);
  if (places.has_value() && !nara::IsDeviceId(places->origin.device)) std::abort();
  const auto flood = nara::ingest::ReadFlood(topic, topic);
  if (flood.has_value() && !nara::IsDeviceId(flood->origin.device)) std::abort();
  return 0;
}
