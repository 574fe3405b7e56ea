#pragma once

#include <string>
#include <string_view>

namespace nara::device_client {

// Topics of one device, as docs/formats/topics.md lists them.
struct Topics {
  std::string up;       // measurements and other events, protobuf
  std::string alarm;    // alarm-class events, protobuf
  std::string receipt;  // platform to device: what is durable
  std::string down;     // platform to device: commands
  std::string status;   // birth and last will
};

// True when `id` can name a device: [a-z0-9][a-z0-9-]{2,62} that does not begin with "nara-".
bool IsDeviceId(std::string_view id);

// Shard of a device, 0 to 15: CRC16 (XMODEM, as Redis computes it) modulo 16.
int ShardOf(std::string_view device);

// Topics of a device whose id is valid.
Topics TopicsOf(const std::string& device);

}  // namespace nara::device_client
