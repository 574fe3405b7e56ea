// What the MQTT server handed us: one publish, as it came.
#pragma once

#include <cstdint>
#include <string_view>

#include "ingest/arrival.h"

namespace nara::ingest {

// Frame is a view: topic and payload belong to whoever handed it out.
struct Frame {
  // Where the next frame of the inbox begins; releasing up to here releases this frame.
  std::uint64_t next_position = 0;
  // When our process took it from the MQTT server, to the microsecond.
  Arrival arrival;
  std::string_view topic;
  std::string_view payload;
};

}  // namespace nara::ingest
