// Where an uplink came from.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "common/mqtt/shard.h"
#include "ingest/decode.h"

namespace nara::ingest {

struct Origin {
  std::string device;
  Lane lane = Lane::kMeasurement;
  Encoding encoding = Encoding::kProtobuf;
  absl::Time received_at;
  // Somebody else has told the device what became of it: it gets no receipt.
  bool answered = false;
  // Our own clock could not be believed when it arrived: its times are taken as the device says.
  bool clock_in_doubt = false;
  // It is no device but a part of the platform, of which only an alert tells: `device` stands for it there.
  bool platform = false;
};

// A topic of ours as far as it can be read: also one whose shard is not the device's, which the guard plugin should
// have refused, so that what came on it can be answered and looked at.
struct ReadTopic {
  Origin origin;  // without the time
  bool status = false;
  // The shard of the topic is the device's.
  bool right_shard = false;
};

// Nothing when the topic has no device id or is not one that devices write.
std::optional<ReadTopic> ReadUplinkTopic(std::string_view topic);

}  // namespace nara::ingest
