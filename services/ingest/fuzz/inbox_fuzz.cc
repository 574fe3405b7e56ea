// Whatever lies on the disk after a power cut: frames are read up to where they end, and
// what is whole is inside the file and within its limits.
//
// A checksum is not found by trying: the file is read as it is, and once more with the
// checksums made right.
#include <zlib.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include "ingest/frame_codec.h"

namespace {

constexpr std::uint64_t kPosition = 4096;

void Require(bool holds) {
  if (!holds) std::abort();
}

bool Inside(std::string_view part, std::string_view whole) {
  return part.empty() || (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

void MendChecksums(std::string& file) {
  std::size_t at = 0;
  while (file.size() - at >= nara::ingest::kFrameHead) {
    std::uint32_t length = 0;
    std::memcpy(&length, file.data() + at, sizeof length);
    if (length == 0 || length > file.size() - at - nara::ingest::kFrameHead) return;
    const std::uint64_t position = kPosition + at;
    std::uint32_t crc =
        static_cast<std::uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(&position), sizeof position));
    const char* body = file.data() + at + nara::ingest::kFrameHead;
    crc = static_cast<std::uint32_t>(crc32_z(crc, reinterpret_cast<const Bytef*>(body), length));
    std::memcpy(file.data() + at + sizeof length, &crc, sizeof crc);
    at += nara::ingest::kFrameHead + length;
  }
}

void ReadAll(std::string_view file) {
  std::string_view rest = file;
  while (true) {
    const auto parsed = nara::ingest::ParseFrame(rest, kPosition + (file.size() - rest.size()));
    if (parsed.state != nara::ingest::FrameState::kFrame) return;
    Require(parsed.size > 0 && parsed.size <= rest.size() && parsed.size <= nara::ingest::kMaxFrame);
    Require(Inside(parsed.frame.topic, file) && Inside(parsed.frame.payload, file));
    rest.remove_prefix(parsed.size);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string file(reinterpret_cast<const char*>(data), size);
  ReadAll(file);
  MendChecksums(file);
  ReadAll(file);
  return 0;
}
