// The registry's database, schema `registry`: one way to read, one way to write.
//
// A write takes the revision's row lock first, so writers take turns: nothing can
// deadlock, and the order of revisions is the order of commits.
//
// After PostgreSQL has restarted, a connection that was idle fails at its first use:
// what had not begun is then done over another one, unseen by the caller.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "common/postgres/pool.h"
#include "common/postgres/transaction.h"
#include "device_registry/ports.h"

namespace nara::registry {

using Params = std::initializer_list<Param>;

// One writing transaction: its revision, and its audit.
class Write {
 public:
  Write(Transaction& transaction, const Actor& actor, std::int64_t revision)
      : transaction_(transaction), actor_(actor), revision_(revision) {}

  std::int64_t revision() const { return revision_; }
  const Actor& actor() const { return actor_; }
  bool changed() const { return next_ordinal_ > 0; }

  absl::StatusOr<Result> Execute(std::string_view sql, Params params) { return transaction_.Execute(sql, params); }

  // The transaction's time, by PostgreSQL's clock.
  absl::StatusOr<google::protobuf::Timestamp> Now();

  // Adds audit rows: what was done to which objects, with what they became (JSON).
  absl::Status Audit(const std::string& action, const std::string& object, const std::vector<std::string>& ids,
                     const std::vector<std::string>& details);
  absl::Status Audit(const std::string& action, const std::string& object, const std::string& id,
                     const google::protobuf::Message& detail);
  // With what it was before.
  absl::Status AuditChange(const std::string& action, const std::string& object, const std::string& id,
                           const google::protobuf::Message& before, const google::protobuf::Message& after);

 private:
  absl::Status Record(const std::string& action, const std::string& object, const std::vector<std::string>& ids,
                      const std::vector<std::string>& befores, const std::vector<std::string>& details);

  Transaction& transaction_;
  const Actor& actor_;
  const std::int64_t revision_;
  int next_ordinal_ = 0;
};

// A query of a write, or of the database.
using Ask = absl::FunctionRef<absl::StatusOr<Result>(std::string_view sql, Params params)>;

// As JSON, for the audit.
std::string DetailOf(const google::protobuf::Message& message);

// Thread-safe. Unavailable when PostgreSQL is out of reach.
class Database {
 public:
  // `committed` is called after each write.
  Database(PostgresOptions options, std::size_t connections, std::function<void()> committed);

  // Brings the schema to the newest form.
  absl::Status Prepare();

  absl::StatusOr<Result> Query(std::string_view sql, Params params);

  // One transaction, begun with the next revision. `work` says what it changed with
  // Audit; when it changed nothing the revision is given back. `work` may run several
  // times and starts from nothing each time.
  absl::Status Run(const Actor& actor, absl::FunctionRef<absl::Status(Write&)> work);

 private:
  absl::Status RunOnce(PostgresConnection& connection, const Actor& actor, absl::FunctionRef<absl::Status(Write&)> work,
                       bool& begun);

  const PostgresOptions options_;
  const std::size_t connections_;
  PostgresPool pool_;
  const std::function<void()> committed_;
};

}  // namespace nara::registry
