#pragma once

// One connection to PostgreSQL. Statements with parameters are prepared at their
// first use and remembered, so write SQL as constants.
//
// Not thread-safe: one thread at a time. A lost connection fails every further call
// with Unavailable: make a new one (Pool does). An error names the statement's
// first words, never its parameters, which may be personal data.
//
// SQLSTATE to status: 23505 AlreadyExists; other class 23 and P0001
// FailedPrecondition; 40001 and 40P01 (and Advance's refusal) Aborted: run the
// transaction again; class 22 InvalidArgument; 42501 PermissionDenied; 57014
// DeadlineExceeded; 53xxx ResourceExhausted; 08xxx, 57P0x and a broken link
// Unavailable; others Internal. SqlState() and ConstraintOf() tell more.

#include <chrono>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/postgres/param.h"
#include "common/postgres/result.h"

namespace nara {

struct PostgresOptions {
  // As libpq takes it: "host=DIR dbname=nara user=nara_ingest passfile=PATH".
  std::string conninfo;
  // First schema of the search path; empty for the server's default.
  std::string schema;
  // Shown in pg_stat_activity.
  std::string application_name;
  std::chrono::milliseconds connect_timeout{2'000};
  // The server cancels a statement after this; half a second later we give the
  // connection up, which also covers a server that does not answer at all.
  std::chrono::milliseconds statement_timeout{5'000};
};

class PostgresConnection {
 public:
  static absl::StatusOr<std::unique_ptr<PostgresConnection>> Connect(const PostgresOptions& options);
  ~PostgresConnection();

  // One statement with parameters $1...; prepared and remembered.
  absl::StatusOr<Result> Execute(std::string_view sql, std::span<const Param> params);
  absl::StatusOr<Result> Execute(std::string_view sql, std::initializer_list<Param> params = {});

  // Any number of statements without parameters, not prepared: migrations, DDL.
  absl::Status Run(const std::string& script);

  bool broken() const;
  // True inside a transaction, also a failed one.
  bool in_transaction() const;
  // True when a statement of the open transaction failed: it can only roll back.
  bool transaction_failed() const;

 private:
  class Impl;
  explicit PostgresConnection(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// The five characters of an error that came from PostgreSQL, else "".
std::string SqlState(const absl::Status& status);
// The name of the constraint that was violated, else "".
std::string ConstraintOf(const absl::Status& status);

}  // namespace nara
