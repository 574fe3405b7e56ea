#pragma once

// Schema migrations: forward only, all pending ones in one transaction, under an
// advisory lock so that two processes that start together take turns.

#include <span>
#include <string_view>

#include "absl/status/status.h"
#include "common/postgres/connection.h"

namespace nara {

// One step. Never changed once released: its text is remembered by hash.
struct Migration {
  int version = 0;        // 1, 2, 3 ... without gaps
  std::string_view name;  // "alerts and offers"
  std::string_view sql;   // any number of statements; no begin or commit
};

// Brings `schema` (which must exist and belong to this role) to the last migration
// and records each in its table schema_migrations. The search path is the schema
// and then public. FailedPrecondition, with nothing changed, when the schema is at a
// version that this program does not know (an older binary), or when an applied
// migration's text has changed since.
absl::Status Migrate(PostgresConnection& connection, std::string_view schema, std::span<const Migration> migrations);

}  // namespace nara
