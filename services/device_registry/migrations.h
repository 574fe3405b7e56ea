// The schema `registry`, step by step; docs/formats/registry.md tells why it looks
// as it does.
#pragma once

#include <span>

#include "common/postgres/migrate.h"

namespace nara::registry {

std::span<const Migration> Migrations();

}  // namespace nara::registry
