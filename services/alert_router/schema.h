// The tables of the schema `alerts`, as migrations; docs/formats/alerts.md
// describes them.
#pragma once

#include <vector>

#include "common/postgres/migrate.h"

namespace nara::alert {

// Valid for the life of the process.
const std::vector<Migration>& Migrations();

}  // namespace nara::alert
