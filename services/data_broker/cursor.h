// Cursors: where a subscriber is in every log and in the notices, as text that it keeps for us
// (docs/formats/cursors.md).
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "data_broker/position.h"
#include "data_broker/seal.h"

namespace nara::broker {

// The place as bytes: about 4 bytes a log.
std::string PackPlace(const Place& place);

// InvalidArgument when the bytes are not exactly what PackPlace writes, or wrote before
// there were notices.
absl::StatusOr<Place> UnpackPlace(std::string_view bytes);

// The cursor of one caller. InvalidArgument when it is forged, damaged, or
// another caller's.
std::string MakeCursor(const Seal& seal, std::string_view caller, const Place& place);
absl::StatusOr<Place> ReadCursor(const Seal& seal, std::string_view caller, std::string_view cursor);

}  // namespace nara::broker
