#include "alert_router/testing/database.h"

#include <iostream>

#include "alert_router/schema.h"

namespace nara::alert::testing {
namespace {

constexpr char kRole[] = "nara_alerts";
constexpr char kSchema[] = "alerts";

absl::Status Prepare(const Database& database, nara::testing::PostgresServer& server,
                     std::span<const Migration> migrations) {
  if (absl::Status made = server.CreateOwner(kRole, kSchema); !made.ok()) return made;
  const auto connection = PostgresConnection::Connect(database.options());
  return connection.ok() ? Migrate(**connection, kSchema, migrations) : connection.status();
}

}  // namespace

std::unique_ptr<Database> Database::Start() {
  return StartAt(Migrations().size());
}

std::unique_ptr<Database> Database::StartAt(std::size_t migrations) {
  auto database = std::make_unique<Database>();
  auto server = nara::testing::PostgresServer::Start();
  if (!server.ok()) {
    std::cerr << server.status() << std::endl;
    return nullptr;
  }
  database->server_ = *std::move(server);
  if (absl::Status prepared = Prepare(*database, *database->server_, std::span(Migrations()).first(migrations));
      !prepared.ok()) {
    std::cerr << prepared << std::endl;
    return nullptr;
  }
  database->pool_ = std::make_unique<PostgresPool>(database->options(), 4);
  return database;
}

PostgresOptions Database::options() const {
  return {.conninfo = server_->conninfo(kRole),
          .schema = kSchema,
          .application_name = "test",
          .connect_timeout = std::chrono::milliseconds(1000),
          .statement_timeout = std::chrono::milliseconds(5000)};
}

}  // namespace nara::alert::testing
