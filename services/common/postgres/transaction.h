#pragma once

// A transaction that is rolled back unless committed.

#include <initializer_list>
#include <memory>
#include <span>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/postgres/connection.h"

namespace nara {

enum class Isolation { kReadCommitted, kRepeatableRead };

class Transaction {
 public:
  // `connection` must outlive it and be used only through it meanwhile.
  static absl::StatusOr<Transaction> Begin(PostgresConnection& connection,
                                           Isolation isolation = Isolation::kReadCommitted);
  Transaction(Transaction&& other) noexcept;
  Transaction& operator=(Transaction&&) = delete;
  // Rolls back when neither Commit nor Rollback was called.
  ~Transaction();

  absl::StatusOr<Result> Execute(std::string_view sql, std::span<const Param> params);
  absl::StatusOr<Result> Execute(std::string_view sql, std::initializer_list<Param> params = {});

  // Unavailable: unknown whether it was committed. Aborted: it was not; again.
  absl::Status Commit();
  absl::Status Rollback();

 private:
  explicit Transaction(PostgresConnection& connection) : connection_(&connection) {}

  PostgresConnection* connection_;  // null when ended
};

// Begins, calls `work`, commits when it returns OK, else rolls back. Repeats the
// whole at most `attempts` times while the outcome is Aborted, so `work` must start
// from nothing each time.
absl::Status RunTransaction(PostgresConnection& connection, Isolation isolation,
                            absl::FunctionRef<absl::Status(Transaction&)> work, int attempts = 5);

}  // namespace nara
