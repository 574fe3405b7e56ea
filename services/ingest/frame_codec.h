// Frames on disk, as docs/formats/inbox.md specifies them.
//
//   0  length of the body, u32 little endian; 0 means that nothing follows
//   4  CRC-32 (zlib) over the frame's position (u64 little endian) and the body
//   8  body: received time in microseconds since 1970 (i64), length of the topic (u16, highest bit: our clock was in
//      doubt), topic, payload
//
// The position is part of the checksum, so that a frame that is left over at another place never passes for one.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "ingest/frame.h"

namespace nara::ingest {

inline constexpr std::size_t kFrameHead = 8;       // length and checksum
inline constexpr std::size_t kFrameBodyHead = 10;  // received time and length of the topic
inline constexpr std::size_t kMaxTopic = 1024;
// The MQTT server closes a connection that sends a larger packet.
inline constexpr std::size_t kMaxPayload = 131'072;
inline constexpr std::size_t kMaxFrame = kFrameHead + kFrameBodyHead + kMaxTopic + kMaxPayload;

// Bytes that a frame takes on disk.
constexpr std::size_t FrameSize(std::size_t topic, std::size_t payload) {
  return kFrameHead + kFrameBodyHead + topic + payload;
}

using FramePrefix = std::array<char, kFrameHead + kFrameBodyHead>;

// Everything of the frame that comes before the topic. REQUIRES: topic and payload within their limits.
FramePrefix EncodeFramePrefix(std::uint64_t position, Arrival arrival, std::string_view topic,
                              std::string_view payload);

enum class FrameState {
  kFrame,       // a whole, intact frame
  kEnd,         // zeros: nothing was written here
  kIncomplete,  // the buffer ends before the frame does
  kTorn,        // something was begun and not finished, or was damaged
};

struct ParsedFrame {
  FrameState state = FrameState::kEnd;
  std::size_t size = 0;  // bytes on disk, of a whole frame or (kIncomplete) needed at least
  Frame frame;           // views into the buffer
};

// Reads the frame that begins at `buffer`, which lies at `position`.
ParsedFrame ParseFrame(std::string_view buffer, std::uint64_t position);

}  // namespace nara::ingest
