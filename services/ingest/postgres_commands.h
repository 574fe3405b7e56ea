// Commands in PostgreSQL, schema `ingest`. What is due and what has expired is by PostgreSQL's clock alone.
#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "common/postgres/pool.h"
#include "ingest/commands.h"

namespace nara::ingest {

class PostgresCommands final : public CommandStore {
 public:
  explicit PostgresCommands(PostgresOptions options) : pool_(std::move(options), 2) {}

  absl::StatusOr<v1::CommandStatus> Accept(const NewCommand& command) override;
  absl::StatusOr<v1::CommandStatus> Find(const std::string& device, const std::string& id) override;
  absl::StatusOr<std::vector<DueCommand>> TakeDue(int limit) override;
  absl::Status Answer(std::span<const CommandAnswer> answers) override;
  absl::Status ForgetOld() override;

 private:
  PostgresPool pool_;
};

}  // namespace nara::ingest
