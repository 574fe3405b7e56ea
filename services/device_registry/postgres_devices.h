// Devices inside a write, for every area that registers some.
#pragma once

#include <vector>

#include "device_registry/database.h"
#include "nara/registry/v1/registry.pb.h"

namespace nara::registry {

// Registers those that are not there yet, in stock, with their audit. As stored, in
// the order given. ALREADY_EXISTS DEVICE_DIFFERS when one is there with other content,
// FAILED_PRECONDITION PRODUCT_NOT_CHOSEN when its owner does not use such.
absl::StatusOr<std::vector<v1::Device>> AddDevices(Write& write, const std::vector<v1::Device>& devices);

}  // namespace nara::registry
