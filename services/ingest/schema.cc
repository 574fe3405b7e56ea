#include "ingest/schema.h"

#include <string>

#include "common/postgres/log_positions.h"

namespace nara::ingest {
namespace {

constexpr std::string_view kQuarantineSql = R"sql(
-- What came in and was not delivered.
create table quarantine (
  id          text primary key,      -- shard and position of its entry in the log: "07-1700000000000-0"
  device      text not null,
  lane        smallint not null,     -- nara.telemetry.v1.Lane
  epoch       bigint not null,       -- the unsigned number's bits
  seq         bigint not null,
  reason      text not null,
  detail      text not null,
  disposition smallint not null,     -- nara.ingest.v1.Disposition
  received_at timestamptz not null,
  payload     bytea not null,
  principal   text not null,         -- who answers for care of it; empty when that is nobody or in doubt
  unit        text not null,
  owner       text not null          -- who owns the device; empty for an unknown one
);
create index quarantine_newest on quarantine (received_at desc, id desc);
create index quarantine_device on quarantine (device, received_at desc, id desc);

-- Who looked at a payload.
create table quarantine_looks (
  id     text not null,
  caller text not null,
  at     timestamptz not null default now()
);
)sql";

constexpr std::string_view kWhoseSql = R"sql(
-- Where an entry belongs: empty and null when that is in doubt, and for what came before this column.
alter table quarantine add column assignment text not null default '', add column effective_at timestamptz;
)sql";

}  // namespace

std::span<const Migration> Migrations() {
  static const std::string first = std::string(kQuarantineSql) + std::string(kLogPositionsSql);
  static const Migration migrations[] = {{1, "quarantine", first}, {2, "the assignment of an entry", kWhoseSql}};
  return migrations;
}

}  // namespace nara::ingest
