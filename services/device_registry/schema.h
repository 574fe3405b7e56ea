// The schema `registry`, step by step; comments in the SQL say why it looks so.
#pragma once

#include <span>

#include "common/postgres/migrate.h"

namespace nara::registry {

std::span<const Migration> Migrations();

}  // namespace nara::registry
