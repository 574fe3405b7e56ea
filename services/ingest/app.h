// Wires an ingest process.
#pragma once

#include "common/app/process.h"

namespace nara::ingest {

absl::StatusOr<std::unique_ptr<app::App>> MakeApp(config::Section& root, app::Context& context);

}  // namespace nara::ingest
