// The JSON form of uplinks and receipts (docs/formats/uplink.md, receipts.md).
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ingest/decode.h"
#include "nara/telemetry/v1/telemetry.pb.h"

namespace nara::ingest {

// Reads an uplink. InvalidArgument when the text is no uplink at all; a record that is none is a refusal of its own. An
// unknown name is an error: a misspelt one would lose data silently.
absl::StatusOr<DecodedUplink> ReadUplinkJson(std::string_view text);

// Reads a status: {"online":true,"at":"2026-02-17T07:30:00+01:00","firmware":"1.2"}.
absl::StatusOr<nara::telemetry::v1::Status> ReadStatusJson(std::string_view text);

// Writes a receipt; members without content are left out, but for lane and through.
std::string WriteReceiptJson(const nara::telemetry::v1::Receipt& receipt);

// An epoch as JSON and event ids write it: 16 lower-case hexadecimal digits.
std::string EpochText(std::uint64_t epoch);

}  // namespace nara::ingest
