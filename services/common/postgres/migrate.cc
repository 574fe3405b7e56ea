#include "common/postgres/migrate.h"

#include <string>

#include "common/hash/sha256.h"
#include "common/postgres/transaction.h"

namespace nara {
namespace {

absl::Status Refused(std::string_view schema, const std::string& why) {
  std::string text = "schema ";
  text.append(schema).append(": ").append(why);
  return absl::FailedPreconditionError(text);
}

// Compares what was applied with what we know; the version that is reached.
absl::StatusOr<int> AppliedVersion(Transaction& transaction, std::string_view schema,
                                   std::span<const Migration> migrations) {
  absl::StatusOr<Result> applied = transaction.Execute("select version, hash from schema_migrations order by version");
  if (!applied.ok()) return applied.status();
  int reached = 0;
  for (const Row row : *applied) {
    reached = row.Int("version");
    if (reached < 1 || static_cast<std::size_t>(reached) > migrations.size()) {
      return Refused(schema, "is at version " + std::to_string(reached) + ", this program knows " +
                                 std::to_string(migrations.size()) + ": run a newer program");
    }
    if (row.Text("hash") != Sha256Hex(migrations[static_cast<std::size_t>(reached) - 1].sql)) {
      return Refused(schema, "migration " + std::to_string(reached) + " was applied with another text");
    }
  }
  return reached;
}

absl::Status Apply(PostgresConnection& connection, Transaction& transaction, const Migration& migration) {
  if (absl::Status status = connection.Run(std::string(migration.sql)); !status.ok()) {
    return {status.code(), "migration " + std::to_string(migration.version) + ": " + std::string(status.message())};
  }
  return transaction
      .Execute("insert into schema_migrations (version, name, hash) values ($1::int, $2, $3)",
               {migration.version, migration.name, Sha256Hex(migration.sql)})
      .status();
}

absl::Status Prepare(PostgresConnection& connection, Transaction& transaction, std::string_view schema) {
  absl::StatusOr<Result> locked = transaction.Execute(
      "select pg_advisory_xact_lock(hashtext('nara.migrate.' || $1)), set_config('search_path', $1 || ', public', "
      "true)",
      {schema});
  if (!locked.ok()) return locked.status();
  return connection.Run(
      "create table if not exists schema_migrations ("
      "version int primary key, name text not null, hash text not null, applied_at timestamptz not null default "
      "now())");
}

}  // namespace

absl::Status Migrate(PostgresConnection& connection, std::string_view schema, std::span<const Migration> migrations) {
  for (std::size_t i = 0; i < migrations.size(); ++i) {
    if (migrations[i].version != static_cast<int>(i) + 1) return Refused(schema, "migrations are not numbered 1, 2, 3");
  }
  absl::StatusOr<Transaction> transaction = Transaction::Begin(connection);
  if (!transaction.ok()) return transaction.status();
  if (absl::Status status = Prepare(connection, *transaction, schema); !status.ok()) return status;
  absl::StatusOr<int> reached = AppliedVersion(*transaction, schema, migrations);
  if (!reached.ok()) return reached.status();
  for (const Migration& migration : migrations.subspan(static_cast<std::size_t>(*reached))) {
    if (absl::Status status = Apply(connection, *transaction, migration); !status.ok()) return status;
  }
  return transaction->Commit();
}

}  // namespace nara
