// From a payload to an uplink whose form is right.
//
// The payload comes from anybody who has a device's credentials: nothing here trusts it. A payload that cannot be read
// is refused as a whole; one bad record among good ones is refused alone, by its sequence.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "ingest/refusal.h"
#include "nara/telemetry/v1/telemetry.pb.h"

namespace nara::ingest {

inline constexpr std::size_t kMaxPayloadBytes = 65'536;
inline constexpr int kMaxRecords = 1'000;

enum class Encoding { kProtobuf, kJson };

struct DecodedUplink {
  nara::telemetry::v1::Uplink uplink;
  // One for each record of the uplink: nothing when its form is right.
  std::vector<std::optional<Refusal>> refusals;
};

// Either an uplink with at least one record, or why the whole payload is refused.
struct DecodeResult {
  std::optional<Refusal> refusal;
  DecodedUplink decoded;
};

DecodeResult DecodeUplink(std::string_view payload, Encoding encoding);

// The same checks for an uplink that came as a message (gRPC).
DecodeResult CheckUplink(nara::telemetry::v1::Uplink uplink);

// True for at most 64 characters of A-Z a-z 0-9 . _ : - (episodes, persons, ids of commands).
bool IsWord(std::string_view text);

// A device's birth or last will; JSON when it begins with "{": {"online":true,"at":"...","firmware":"..."}.
absl::StatusOr<nara::telemetry::v1::Status> DecodeStatus(std::string_view payload);

}  // namespace nara::ingest
