// What a principal may have, asked inside a write. Before the first of its choices
// begins a principal may have everything: it starts to choose when it wants to.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "device_registry/database.h"

namespace nara::registry {

struct WantedProduct {
  std::string principal;
  std::string product;
};

// At a time, or now. FAILED_PRECONDITION PRODUCT_NOT_CHOSEN with principal and product
// for the first that its principal, having chosen others, does not use then.
absl::Status CheckChosen(Write& write, const std::vector<WantedProduct>& wanted, const std::optional<TimePoint>& at);
// For the product of a device.
absl::Status CheckDeviceChosen(Write& write, const std::string& principal, const std::string& device,
                               const std::optional<TimePoint>& at);

}  // namespace nara::registry
