// Devices that ingest's alarm lane misses (docs/formats/presence.md), as technical alerts that a person can work with:
// the first device of a unit raises one, those that follow within minutes join it, and it ends when the last of them is
// back. So one lost device is one alert, and a dark municipality is one too, with the list in its history.
#pragma once

#include <string>
#include <string_view>

#include "alert_router/moves.h"
#include "nara/telemetry/v1/telemetry.pb.h"

namespace nara::alert {

// Said of a device that is missed.
bool TellsOfSilence(std::string_view kind);

// A device is missed. The outcome is a word for the metrics.
absl::StatusOr<std::string> TakeSilence(Moves& moves, const telemetry::v1::LogRecord& record);

// It is back, or nobody expects it any more: the end of the spell that the record names.
absl::StatusOr<std::string> EndSilence(Moves& moves, const telemetry::v1::LogRecord& record);

}  // namespace nara::alert
