#include "ingest/postgres_commands.h"

#include "absl/strings/str_cat.h"
#include "common/rpc/error.h"
#include "common/time/proto_time.h"

namespace nara::ingest {
namespace {

using absl::StatusCode;
using nara::telemetry::v1::Command;

// The limit may be passed by a few when several callers ask at the same moment.
constexpr std::string_view kInsert = R"sql(
insert into commands (device, id, kind, expires_at, caller)
select $1, $2, $3, $4::timestamptz, $5
where (select count(*) from commands where device = $1 and answered_at is null and expires_at > now()) < $6::bigint
on conflict (device, id) do nothing)sql";

constexpr std::string_view kSelect = R"sql(
select device, id, kind, expires_at, accepted_at, answered_at, result, tries, expires_at <= now() as expired
from commands where device = $1 and id = $2)sql";

// Whatever has expired leaves the index of what is due: by its last sending, or, when nobody came to send it, by this.
constexpr std::string_view kRest = R"sql(
update commands set next_at = 'infinity' where answered_at is null and next_at <= now() and expires_at <= now())sql";

// Sent again after 5, 10, 20 and then each 30 seconds.
constexpr std::string_view kTakeDue = R"sql(
with due as (
  select device, id, least(5 * power(2, least(tries, 3)), 30) * interval '1 second' as pause
  from commands where answered_at is null and next_at <= now() and expires_at > now()
  order by next_at limit $1::bigint for update skip locked)
update commands c
set tries = tries + 1, next_at = case when now() + due.pause < c.expires_at then now() + due.pause else 'infinity' end
from due where c.device = due.device and c.id = due.id
returning c.device, c.id, c.kind, c.expires_at,
          ceil(extract(epoch from least(due.pause, c.expires_at - now())))::bigint as valid_for)sql";

constexpr std::string_view kAnswer = R"sql(
update commands set result = $3, answered_at = $4::timestamptz
where device = $1 and id = $2 and answered_at is null)sql";

constexpr std::string_view kForget = "delete from commands where expires_at < now() - interval '1 year'";

Command CommandOf(const Row& row) {
  Command command;
  command.set_id(row.String("id"));
  command.set_kind(row.String("kind"));
  *command.mutable_expires_at() = ToProto(row.Time("expires_at"));
  return command;
}

v1::CommandStatus StatusOf(const Row& row) {
  v1::CommandStatus status;
  status.set_device(row.String("device"));
  *status.mutable_command() = CommandOf(row);
  *status.mutable_accepted_at() = ToProto(row.Time("accepted_at"));
  status.set_result(row.String("result"));
  status.set_tries(row.Int("tries"));
  status.set_state(row.Bool("expired") ? v1::COMMAND_STATE_EXPIRED : v1::COMMAND_STATE_PENDING);
  if (const auto answered_at = row.OptionalTime("answered_at")) {
    *status.mutable_answered_at() = ToProto(*answered_at);
    status.set_state(v1::COMMAND_STATE_ANSWERED);
  }
  return status;
}

bool Same(const Command& kept, const Command& asked) {
  return kept.kind() == asked.kind() && Micros(kept.expires_at()) == Micros(asked.expires_at());
}

}  // namespace

absl::StatusOr<v1::CommandStatus> PostgresCommands::Accept(const NewCommand& asked) {
  const Command& command = asked.command;
  {
    absl::StatusOr<PostgresPool::Loan> connection = pool_.Acquire();
    if (!connection.ok()) return connection.status();
    const auto inserted = (*connection)
                              ->Execute(kInsert, {asked.device, command.id(), command.kind(),
                                                  ToChrono(command.expires_at()), asked.caller, kMaxPendingCommands});
    if (!inserted.ok()) return inserted.status();
  }
  absl::StatusOr<v1::CommandStatus> kept = Find(asked.device, command.id());
  if (absl::IsNotFound(kept.status())) {
    return rpc::Error(StatusCode::kResourceExhausted, "TOO_MANY_COMMANDS",
                      absl::StrCat(kMaxPendingCommands, " commands wait for this device; let them be answered first"),
                      {{"device", asked.device}});
  }
  if (kept.ok() && !Same(kept->command(), command)) {
    return rpc::Error(StatusCode::kAlreadyExists, "COMMAND_DIFFERS",
                      absl::StrCat("the id ", command.id(), " is another command's; choose a new one"),
                      {{"device", asked.device}, {"id", command.id()}});
  }
  return kept;
}

absl::StatusOr<v1::CommandStatus> PostgresCommands::Find(const std::string& device, const std::string& id) {
  absl::StatusOr<PostgresPool::Loan> connection = pool_.Acquire();
  if (!connection.ok()) return connection.status();
  const absl::StatusOr<Result> rows = (*connection)->Execute(kSelect, {device, id});
  if (!rows.ok()) return rows.status();
  if (rows->empty()) return absl::NotFoundError(absl::StrCat("there is no command ", id));
  return StatusOf((*rows)[0]);
}

absl::StatusOr<std::vector<DueCommand>> PostgresCommands::TakeDue(int limit) {
  absl::StatusOr<PostgresPool::Loan> connection = pool_.Acquire();
  if (!connection.ok()) return connection.status();
  if (const auto rested = (*connection)->Execute(kRest); !rested.ok()) return rested.status();
  const absl::StatusOr<Result> rows = (*connection)->Execute(kTakeDue, {limit});
  if (!rows.ok()) return rows.status();
  std::vector<DueCommand> due;
  for (const Row& row : *rows) {
    due.push_back({row.String("device"), CommandOf(row), std::chrono::seconds(row.Int64("valid_for"))});
  }
  return due;
}

absl::Status PostgresCommands::Answer(std::span<const CommandAnswer> answers) {
  absl::StatusOr<PostgresPool::Loan> connection = pool_.Acquire();
  if (!connection.ok()) return connection.status();
  for (const CommandAnswer& answer : answers) {
    const auto updated =
        (*connection)->Execute(kAnswer, {answer.device, answer.id, answer.result, absl::ToChronoTime(answer.at)});
    if (!updated.ok()) return updated.status();
  }
  return absl::OkStatus();
}

absl::Status PostgresCommands::ForgetOld() {
  absl::StatusOr<PostgresPool::Loan> connection = pool_.Acquire();
  if (!connection.ok()) return connection.status();
  return (*connection)->Execute(kForget).status();
}

}  // namespace nara::ingest
