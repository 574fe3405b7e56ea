// The wiring of an alert router: the only place where its parts meet.
#pragma once

#include <memory>

#include "common/app/process.h"

namespace nara::alert {

// Reads the configuration and builds everything; nothing runs yet, nothing is connected.
absl::StatusOr<std::unique_ptr<app::App>> MakeApp(config::Section& root, app::Context& context);

}  // namespace nara::alert
