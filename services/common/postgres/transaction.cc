#include "common/postgres/transaction.h"

#include <string>
#include <utility>

namespace nara {
namespace {

absl::Status Ended() {
  return absl::FailedPreconditionError("postgres: the transaction has ended");
}

const char* BeginOf(Isolation isolation) {
  switch (isolation) {
    case Isolation::kReadCommitted:
      return "begin isolation level read committed";
    case Isolation::kRepeatableRead:
      return "begin isolation level repeatable read";
  }
  return "begin";
}

}  // namespace

absl::StatusOr<Transaction> Transaction::Begin(PostgresConnection& connection, Isolation isolation) {
  if (absl::Status status = connection.Run(BeginOf(isolation)); !status.ok()) return status;
  return Transaction(connection);
}

Transaction::Transaction(Transaction&& other) noexcept : connection_(std::exchange(other.connection_, nullptr)) {}

Transaction::~Transaction() {
  if (connection_ != nullptr) Rollback().IgnoreError();
}

absl::StatusOr<Result> Transaction::Execute(std::string_view sql, std::span<const Param> params) {
  if (connection_ == nullptr) return Ended();
  return connection_->Execute(sql, params);
}

absl::StatusOr<Result> Transaction::Execute(std::string_view sql, std::initializer_list<Param> params) {
  return Execute(sql, std::span<const Param>(params.begin(), params.size()));
}

absl::Status Transaction::Commit() {
  PostgresConnection* connection = std::exchange(connection_, nullptr);
  if (connection == nullptr) return Ended();
  if (connection->transaction_failed()) {  // COMMIT would roll back without an error
    connection->Run("rollback").IgnoreError();
    return absl::FailedPreconditionError("postgres: a statement of the transaction had failed");
  }
  return connection->Run("commit");
}

absl::Status Transaction::Rollback() {
  PostgresConnection* connection = std::exchange(connection_, nullptr);
  return connection == nullptr ? Ended() : connection->Run("rollback");
}

absl::Status RunTransaction(PostgresConnection& connection, Isolation isolation,
                            absl::FunctionRef<absl::Status(Transaction&)> work, int attempts) {
  absl::Status status;
  for (int attempt = 0; attempt < attempts; ++attempt) {
    absl::StatusOr<Transaction> transaction = Transaction::Begin(connection, isolation);
    if (!transaction.ok()) return transaction.status();
    status = work(*transaction);
    if (status.ok()) status = transaction->Commit();
    if (!absl::IsAborted(status)) return status;
  }
  return status;
}

}  // namespace nara
