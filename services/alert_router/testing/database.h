// A real PostgreSQL with the schema of the alert router, and what stands on it.
#pragma once

#include <memory>

#include "alert_router/postgres_store.h"
#include "common/testing/servers.h"

namespace nara::alert::testing {

class Database {
 public:
  // Null, with a message on standard error, when the server cannot be started.
  static std::unique_ptr<Database> Start();
  // The same with the schema as the first migrations made it.
  static std::unique_ptr<Database> StartAt(std::size_t migrations);

  nara::testing::PostgresServer& server() { return *server_; }
  PostgresPool& pool() { return *pool_; }
  PostgresOptions options() const;

 private:
  std::unique_ptr<nara::testing::PostgresServer> server_;
  std::unique_ptr<PostgresPool> pool_;
};

}  // namespace nara::alert::testing
