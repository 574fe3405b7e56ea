// Ids that do not depend on arrival (decision 8).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/mqtt/shard.h"
#include "nara/telemetry/v1/telemetry.pb.h"

namespace nara::ingest {

// First 8 bytes of the SHA-256 of `text`, big-endian; never 0.
std::uint64_t Hash64(std::string_view text);

// Identity of a record without a sequence: hash of device, kind, device time, values, episode, person and test. A
// record without a time is only the same when it also came in the same millisecond, so that two equal values are not
// one.
std::uint64_t RecordHash(const std::string& device, const nara::telemetry::v1::Record& record,
                         std::int64_t received_ms);

// What tells one content of a sequence from another: a checksum of the record as sent.
std::uint64_t ContentDigest(const nara::telemetry::v1::Record& record);

// "<device>/<m|a>/<epoch, 16 hexadecimal digits>/<seq>".
std::string EventId(const std::string& device, Lane lane, std::uint64_t epoch, std::uint64_t seq);

}  // namespace nara::ingest
