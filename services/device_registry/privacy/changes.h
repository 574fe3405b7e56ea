// What the area adds to a state that the watches show.
#pragma once

#include <cstdint>

#include "common/postgres/transaction.h"
#include "device_registry/ports.h"

namespace nara::registry {

// With the providers of their units.
absl::Status ReadClients(Transaction& transaction, std::uint64_t after, Changes& changes);
absl::Status ReadPrivacy(Transaction& transaction, std::uint64_t after, Changes& changes);

}  // namespace nara::registry
