// Whatever a device sends, in either encoding: read or refused, never anything else. What
// was read from protobuf is taken again when it comes as a message.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "ingest/decode.h"

namespace nara::ingest {
namespace {

void Require(bool holds) {
  if (!holds) std::abort();
}

void Check(std::string_view payload, Encoding encoding) {
  const DecodeResult read = DecodeUplink(payload, encoding);
  if (read.refusal.has_value()) return;
  const auto records = static_cast<std::size_t>(read.decoded.uplink.records_size());
  Require(records >= 1 && records <= static_cast<std::size_t>(kMaxRecords));
  Require(read.decoded.refusals.size() == records);
  const DecodeResult again = CheckUplink(read.decoded.uplink);
  Require(encoding == Encoding::kJson || !again.refusal.has_value());
}

}  // namespace
}  // namespace nara::ingest

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view payload(reinterpret_cast<const char*>(data), size);
  nara::ingest::Check(payload, nara::ingest::Encoding::kProtobuf);
  nara::ingest::Check(payload, nara::ingest::Encoding::kJson);
  (void)nara::ingest::DecodeStatus(payload);
  return 0;
}
