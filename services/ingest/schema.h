// The schema `ingest` in PostgreSQL: docs/formats/receipts.md describes it.
#pragma once

#include <span>

#include "common/postgres/migrate.h"

namespace nara::ingest {

std::span<const Migration> Migrations();

}  // namespace nara::ingest
