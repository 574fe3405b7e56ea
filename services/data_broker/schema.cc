#include "data_broker/schema.h"

#include <array>
#include <string>

#include "common/postgres/log_positions.h"

namespace nara::broker {
namespace {

constexpr std::string_view kObservations = R"sql(
create table observations (
  id           text        not null primary key,
  device       text        not null,
  assignment   text        not null,
  resident     text        not null,
  principal    text        not null,
  unit         text        not null,
  kind         text        not null,
  effective_at timestamptz not null,
  received_at  timestamptz not null,
  lane         smallint    not null check (lane in (0, 1)),
  shard        smallint    not null check (shard between 0 and 15),
  position_ms  bigint      not null,
  position_seq bigint      not null,
  route_revision bigint    not null,
  observation  bytea       not null
);
create index observations_replay on observations (lane, shard, position_ms, position_seq, unit);
create index observations_unit on observations (unit, effective_at desc, id desc);
create index observations_principal on observations (principal, effective_at desc, id desc);
create index observations_device on observations (device, effective_at desc, id desc);
create index observations_resident on observations (resident, effective_at desc, id desc);

create table labelled_routes (
  device   text   not null primary key,
  revision bigint not null
);

alter table observations enable row level security;
alter table observations force row level security;
create policy within_reach on observations using (
  (select current_setting('nara.writer', true)) = 'on'
  or principal = (select current_setting('nara.principal', true))
  or unit = any ((select string_to_array(current_setting('nara.units', true), ','))::text[])
);
)sql";

// A setting that a transaction made is empty, not gone, when it has ended; and nobody's
// rows have an empty principal and unit.
constexpr std::string_view kNobodysRows = R"sql(
alter policy within_reach on observations using (
  (select current_setting('nara.writer', true)) = 'on'
  or principal = (select nullif(current_setting('nara.principal', true), ''))
  or unit = any ((select string_to_array(nullif(current_setting('nara.units', true), ''), ','))::text[])
);
)sql";

// Who is told of a correction, record by record, in an order that all see the same. The
// head's row is locked until its numbers are committed, so that none appears behind a
// number that somebody has read already.
constexpr std::string_view kNotices = R"sql(
create table notices (
  number    bigint      not null primary key,
  withdrawn boolean     not null,
  principal text        not null,
  unit      text        not null,
  id        text        not null,
  device    text        not null,
  kind      text        not null,
  start_at  timestamptz not null,
  end_at    timestamptz not null,
  revision  bigint      not null,
  unique (id, revision, unit, withdrawn)
);
create index notices_unit on notices (unit, number);
create index notices_principal on notices (principal, number);

create table notice_head (
  single   boolean not null primary key default true check (single),
  number   bigint  not null,
  revision bigint  not null
);
insert into notice_head (number, revision) values (0, 0);

alter table notices enable row level security;
alter table notices force row level security;
create policy within_reach on notices using (
  (select current_setting('nara.writer', true)) = 'on'
  or principal = (select nullif(current_setting('nara.principal', true), ''))
  or unit = any ((select string_to_array(nullif(current_setting('nara.units', true), ''), ','))::text[])
);
)sql";

// Consents let others than the units that answer read a resident's rows.
constexpr std::string_view kRowsByConsent = R"sql(
alter policy within_reach on observations using (
  (select current_setting('nara.writer', true)) = 'on'
  or principal = (select nullif(current_setting('nara.principal', true), ''))
  or unit = any ((select string_to_array(nullif(current_setting('nara.units', true), ''), ','))::text[])
  or resident = any ((select string_to_array(nullif(current_setting('nara.residents', true), ''), ','))::text[])
);
)sql";

const std::string& FirstMigration() {
  static const std::string sql = std::string(kLogPositionsSql) + std::string(kObservations);
  return sql;
}

}  // namespace

std::span<const Migration> Migrations() {
  static const std::array<Migration, 4> migrations{
      Migration{.version = 1, .name = "history", .sql = FirstMigration()},
      Migration{.version = 2, .name = "rows of nobody", .sql = kNobodysRows},
      Migration{.version = 3, .name = "notices", .sql = kNotices},
      Migration{.version = 4, .name = "rows by consent", .sql = kRowsByConsent}};
  return migrations;
}

}  // namespace nara::broker
