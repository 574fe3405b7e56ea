#pragma once

// A bounded number of connections, made when needed and kept. Thread-safe.

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include "absl/status/statusor.h"
#include "common/postgres/connection.h"

namespace nara {

class PostgresPool {
 public:
  // A connection on loan; goes back when it ends. One that broke, or still is in a
  // transaction, is thrown away instead. Must not outlive the pool.
  class Loan {
   public:
    Loan(Loan&& other) noexcept = default;
    Loan& operator=(Loan&&) = delete;
    ~Loan();
    PostgresConnection& operator*() const { return *connection_; }
    PostgresConnection* operator->() const { return connection_.get(); }

   private:
    friend class PostgresPool;
    Loan(PostgresPool& pool, std::unique_ptr<PostgresConnection> connection)
        : pool_(&pool), connection_(std::move(connection)) {}
    PostgresPool* pool_;
    std::unique_ptr<PostgresConnection> connection_;
  };

  // Does not connect yet. `size` at least 1.
  PostgresPool(PostgresOptions options, std::size_t size);

  // A working connection: an idle one, or a new one while fewer than `size` exist.
  // ResourceExhausted when none came free within `patience`; Unavailable when the
  // server cannot be reached.
  absl::StatusOr<Loan> Acquire(std::chrono::milliseconds patience = std::chrono::seconds(2));

 private:
  void Return(std::unique_ptr<PostgresConnection> connection);

  const PostgresOptions options_;
  const std::size_t size_;
  std::mutex mutex_;
  std::condition_variable returned_;
  // Guarded by mutex_.
  std::vector<std::unique_ptr<PostgresConnection>> idle_;
  std::size_t lent_ = 0;
};

}  // namespace nara
