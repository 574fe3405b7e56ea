#include "ingest/frame_codec.h"

#include <zlib.h>

#include <bit>
#include <cstring>

namespace nara::ingest {
namespace {

static_assert(std::endian::native == std::endian::little, "the inbox is written as the machine stores numbers");

// Of the length of the topic.
constexpr std::size_t kInDoubt = 0x8000;
static_assert(kMaxTopic < kInDoubt);

template <typename Number>
void Put(char* to, Number value) {
  std::memcpy(to, &value, sizeof(value));
}

template <typename Number>
Number Get(const char* from) {
  Number value;
  std::memcpy(&value, from, sizeof(value));
  return value;
}

std::uint32_t Add(std::uint32_t crc, const char* data, std::size_t size) {
  return static_cast<std::uint32_t>(crc32_z(crc, reinterpret_cast<const Bytef*>(data), size));
}

std::uint32_t StartChecksum(std::uint64_t position) {
  char bytes[sizeof(position)];
  Put(bytes, position);
  return Add(0, bytes, sizeof(bytes));
}

Frame ReadBody(std::string_view body, std::size_t topic_length, bool in_doubt) {
  Frame frame;
  frame.arrival = {absl::FromUnixMicros(Get<std::int64_t>(body.data())), in_doubt};
  frame.topic = body.substr(kFrameBodyHead, topic_length);
  frame.payload = body.substr(kFrameBodyHead + topic_length);
  return frame;
}

}  // namespace

FramePrefix EncodeFramePrefix(std::uint64_t position, Arrival arrival, std::string_view topic,
                              std::string_view payload) {
  FramePrefix prefix;
  char* body = prefix.data() + kFrameHead;
  Put<std::uint32_t>(prefix.data(), static_cast<std::uint32_t>(kFrameBodyHead + topic.size() + payload.size()));
  Put<std::int64_t>(body, absl::ToUnixMicros(arrival.at));
  Put<std::uint16_t>(body + 8, static_cast<std::uint16_t>(topic.size() | (arrival.in_doubt ? kInDoubt : 0)));
  std::uint32_t crc = Add(StartChecksum(position), body, kFrameBodyHead);
  crc = Add(Add(crc, topic.data(), topic.size()), payload.data(), payload.size());
  Put<std::uint32_t>(prefix.data() + 4, crc);
  return prefix;
}

ParsedFrame ParseFrame(std::string_view buffer, std::uint64_t position) {
  if (buffer.size() < kFrameHead) return {FrameState::kIncomplete, kFrameHead, {}};
  const auto length = Get<std::uint32_t>(buffer.data());
  const auto crc = Get<std::uint32_t>(buffer.data() + 4);
  if (length == 0) return {crc == 0 ? FrameState::kEnd : FrameState::kTorn, 0, {}};
  const std::size_t size = kFrameHead + length;
  if (length < kFrameBodyHead || size > kMaxFrame) return {FrameState::kTorn, 0, {}};
  if (buffer.size() < size) return {FrameState::kIncomplete, size, {}};
  const std::string_view body = buffer.substr(kFrameHead, length);
  const auto topic_field = Get<std::uint16_t>(body.data() + 8);
  const std::size_t topic_length = topic_field & ~kInDoubt;
  if (topic_length > length - kFrameBodyHead) return {FrameState::kTorn, 0, {}};
  if (Add(StartChecksum(position), body.data(), body.size()) != crc) return {FrameState::kTorn, 0, {}};
  ParsedFrame parsed{FrameState::kFrame, size, ReadBody(body, topic_length, (topic_field & kInDoubt) != 0)};
  parsed.frame.next_position = position + size;
  return parsed;
}

}  // namespace nara::ingest
