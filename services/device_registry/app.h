// The device registry, wired.
#pragma once

#include <memory>

#include "common/app/process.h"

namespace nara::registry {

// Reads the configuration, the catalogue and the device CA; connects to nothing yet.
absl::StatusOr<std::unique_ptr<app::App>> MakeApp(config::Section& root, app::Context& context);

}  // namespace nara::registry
