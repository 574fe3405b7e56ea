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

constexpr std::string_view kCommandsSql = R"sql(
-- Commands to devices; what is in here has been accepted.
create table commands (
  device      text not null,
  id          text not null,          -- of the caller's choice
  kind        text not null,
  expires_at  timestamptz not null,
  caller      text not null,          -- who asked for it
  accepted_at timestamptz not null default now(),
  tries       int not null default 0,
  next_at     timestamptz not null default now(),  -- when it is sent (again); infinity: never
  result      text not null default '',
  answered_at timestamptz,
  primary key (device, id)
);
create index commands_due on commands (next_at) where answered_at is null;
create index commands_expired on commands (expires_at);
)sql";

constexpr std::string_view kSettlementSql = R"sql(
-- What became of an entry, and what judging it anew needs. The payload of a discarded one is empty.
alter table quarantine
  add column sent           timestamptz,                     -- the device's clock when it sent
  add column clock_in_doubt boolean not null default false,  -- ours, when it arrived
  add column settlement     smallint not null default 0,     -- nara.ingest.v1.Settlement
  add column settled_at     timestamptz;
create index quarantine_held on quarantine (device, lane, received_at, id) where settlement = 0 and disposition = 1;

-- Who did what with an entry: looked at its payload, replayed or discarded it, and why.
alter table quarantine_looks rename to quarantine_audit;
alter table quarantine_audit
  add column action text not null default 'look',
  add column reason text not null default '';
create index quarantine_audit_of on quarantine_audit (id, at);
)sql";

}  // namespace

std::span<const Migration> Migrations() {
  static const std::string first = std::string(kQuarantineSql) + std::string(kLogPositionsSql);
  static const Migration migrations[] = {{1, "quarantine", first},
                                         {2, "the assignment of an entry", kWhoseSql},
                                         {3, "commands", kCommandsSql},
                                         {4, "settlement of quarantine", kSettlementSql}};
  return migrations;
}

}  // namespace nara::ingest
