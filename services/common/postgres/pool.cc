#include "common/postgres/pool.h"

#include <utility>

namespace nara {

PostgresPool::PostgresPool(PostgresOptions options, std::size_t size) : options_(std::move(options)), size_(size) {}

PostgresPool::Loan::~Loan() {
  if (connection_ != nullptr) pool_->Return(std::move(connection_));
}

absl::StatusOr<PostgresPool::Loan> PostgresPool::Acquire(std::chrono::milliseconds patience) {
  {
    std::unique_lock lock(mutex_);
    if (!returned_.wait_for(lock, patience, [this] { return lent_ < size_; })) {
      return absl::ResourceExhaustedError("postgres: all " + std::to_string(size_) + " connections are in use");
    }
    ++lent_;
    if (!idle_.empty()) {
      std::unique_ptr<PostgresConnection> connection = std::move(idle_.back());
      idle_.pop_back();
      return Loan(*this, std::move(connection));
    }
  }
  absl::StatusOr<std::unique_ptr<PostgresConnection>> made = PostgresConnection::Connect(options_);
  if (!made.ok()) {
    Return(nullptr);
    return made.status();
  }
  return Loan(*this, *std::move(made));
}

void PostgresPool::Return(std::unique_ptr<PostgresConnection> connection) {
  const bool good = connection != nullptr && !connection->broken() && !connection->in_transaction();
  const std::lock_guard lock(mutex_);
  --lent_;
  if (good) {
    idle_.push_back(std::move(connection));
  } else if (connection != nullptr) {
    idle_.clear();  // the server was lost: the others are as old
  }
  returned_.notify_one();
}

}  // namespace nara
