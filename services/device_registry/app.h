// The device registry, wired.
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "common/app/app.h"
#include "common/app/process.h"
#include "device_registry/config.h"

namespace nara::registry {

// Reads the catalogue and the device CA; connects to nothing yet.
absl::StatusOr<std::unique_ptr<app::App>> MakeApp(const Config& config, app::Context& context);

// For RunProcess.
absl::StatusOr<std::unique_ptr<app::App>> MakeProcess(config::Section& root, app::Context& context);

}  // namespace nara::registry
