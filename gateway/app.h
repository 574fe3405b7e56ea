#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "common/app/app.h"
#include "common/app/process.h"
#include "gateway/config.h"

namespace nara::gateway {

// Wires the gateway. Everything is read and checked here; nothing listens before Start.
absl::StatusOr<std::unique_ptr<app::App>> MakeApp(config::Section& root, app::Context& context);

}  // namespace nara::gateway
