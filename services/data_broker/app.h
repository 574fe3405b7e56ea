// Wires the data broker.
#pragma once

#include "common/app/process.h"

namespace nara::broker {

absl::StatusOr<std::unique_ptr<app::App>> MakeApp(config::Section& root, app::Context& context);

}  // namespace nara::broker
