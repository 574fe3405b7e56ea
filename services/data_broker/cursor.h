// Cursors: where a subscriber is in every log, as text that it keeps for us
// (docs/formats/cursors.md).
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "data_broker/position.h"
#include "data_broker/seal.h"

namespace nara::broker {

// The positions as bytes: about 4 bytes a log.
std::string PackPositions(const Positions& positions);

// InvalidArgument when the bytes are not exactly what PackPositions writes.
absl::StatusOr<Positions> UnpackPositions(std::string_view bytes);

// The cursor of one caller. InvalidArgument when it is forged, damaged, or
// another caller's.
std::string MakeCursor(const Seal& seal, std::string_view caller, const Positions& positions);
absl::StatusOr<Positions> ReadCursor(const Seal& seal, std::string_view caller, std::string_view cursor);

}  // namespace nara::broker
