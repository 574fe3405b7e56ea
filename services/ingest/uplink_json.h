// The JSON form of uplinks and receipts (docs/formats/uplink.md, receipts.md). The gateway reads the same form.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ingest/decode.h"
#include "nara/telemetry/v1/telemetry.pb.h"

namespace nara::ingest {

struct UplinkJson {
  DecodedUplink decoded;
  // Member "device", where `allow_device` lets it be (HTTP); empty when it is missing.
  std::string device;
  // Member "lane" (HTTP): "measurement" or "alarm"; empty when it is missing.
  std::string lane;
};

// Reads an uplink. InvalidArgument when the text is no uplink at all; a record that is none is a refusal of its own. An
// unknown name is an error: a misspelt one would lose data silently.
absl::StatusOr<UplinkJson> ReadUplinkJson(std::string_view text, bool allow_device = false);

// Reads a status: {"online":true,"at":"2026-02-17T07:30:00+01:00","firmware":"1.2"}.
absl::StatusOr<nara::telemetry::v1::Status> ReadStatusJson(std::string_view text);

// Writes a receipt; members without content are left out, but for lane and through.
std::string WriteReceiptJson(const nara::telemetry::v1::Receipt& receipt);

// An epoch as JSON and event ids write it: 16 lower-case hexadecimal digits.
std::string EpochText(std::uint64_t epoch);

}  // namespace nara::ingest
