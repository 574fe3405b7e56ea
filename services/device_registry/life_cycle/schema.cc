#include "device_registry/life_cycle/schema.h"

namespace nara::registry {

const std::string_view kLifeCycleSchema = R"sql(
-- Numbers of DeviceState and DeviceEvent. A device that was there before this had a
-- history is in stock, or handed out when it was assigned.
alter table devices
  add column owner_kind int not null default 0 check (owner_kind between 0 and 5),
  add column state      int not null default 1 check (state between 1 and 12),
  add column moves      int not null default 1 check (moves >= 1);

-- What happened to each device; never changed. Its own key ties each move to the one
-- before it: the state in which one ended is the state from which the next began.
create table device_moves (
  device     text not null references devices,
  ordinal    int not null check (ordinal >= 1),
  wish       text unique,  -- the id of MoveDevice; absent for what other calls did
  event      int not null check (event between 1 and 14),
  from_state int,
  to_state   int not null,
  reason     text not null,
  at         timestamptz not null,
  actor      text not null,
  details    jsonb not null default '{}',
  lead_days  int check (lead_days >= 0),
  revision   bigint not null,
  before     int generated always as (nullif(ordinal - 1, 0)) stored,
  primary key (device, ordinal),
  constraint device_moves_state unique (device, ordinal, to_state),
  constraint device_moves_follow foreign key (device, before, from_state)
    references device_moves (device, ordinal, to_state) deferrable initially deferred,
  constraint device_moves_first check ((ordinal = 1) = (event = 1) and (ordinal = 1) = (from_state is null)),
  -- Whatever a program does: in use only what was verified, verified only what was
  -- handed out, and back in stock only what somebody says is cleared.
  constraint device_moves_verified check (to_state <> 7 or from_state = 6),
  constraint device_moves_tested check (to_state <> 6 or from_state = 5),
  constraint device_moves_cleared check (event <> 11 or (details ->> 'cleared')::boolean is true)
);
create index device_moves_by_event on device_moves (event, at);

insert into device_moves (device, ordinal, event, to_state, reason, at, actor, revision)
select id, 1, 1, 1, 'known before it had a history', now(), 'nara-device-registry', revision from devices;
insert into device_moves (device, ordinal, event, from_state, to_state, reason, at, actor, revision)
select d.id, 2, 6, 1, 5, 'assigned', now(), 'nara-device-registry', d.revision
from devices d where exists (select from assignments a where a.device = d.id and a.period @> now());
update devices d set state = 5, moves = 2 from device_moves m where m.device = d.id and m.ordinal = 2;
set constraints all immediate;

-- The device is where its last move says.
alter table devices add constraint devices_where_moved foreign key (id, moves, state)
  references device_moves (device, ordinal, to_state) deferrable initially deferred;

create function refuse_change_of_moves() returns trigger language plpgsql as $$
begin
  raise exception 'the history of devices is never changed';
end $$;
create trigger device_moves_append_only before update or delete or truncate on device_moves
  for each statement execute function refuse_change_of_moves();

-- The test with which an assignment began to work. An epoch belongs to one assignment.
alter table assignments
  add column test_epoch bigint,
  add column test_seq   bigint check (test_seq >= 0),
  add column test_at    timestamptz,
  add constraint assignments_whole_test check (num_nulls(test_epoch, test_seq, test_at) in (0, 3)),
  add constraint assignments_one_of_an_epoch unique (device, test_epoch);
-- What is remembered of an assignment is the whole of it.
alter table assignments_history
  add column test_epoch bigint,
  add column test_seq   bigint,
  add column test_at    timestamptz;

-- A certificate lets a device in until it ends or is revoked.
alter table certificates add column revoked_at timestamptz;

-- Files of ordering portals: their lines wait here until all of them are there.
create table imports (
  id         text primary key,
  actor      text not null,  -- who began it, and alone may go on
  touched_at timestamptz not null default now(),
  result     bytea           -- ApplyImportResponse, once it is applied
);
create table import_lines (
  import text not null references imports on delete cascade,
  line   int not null check (line >= 1),
  device text not null,
  body   bytea not null,     -- PortalLine
  primary key (import, line)
);
create index import_lines_by_device on import_lines (import, device, line);
)sql";

const std::string_view kImportMarkSchema = R"sql(
-- An import is applied piece by piece: every line up to the mark has been, and this came
-- of them (ApplyImportResponse), also when that is nothing yet: then it has begun.
alter table imports
  add column applied_line int not null default 0,
  add column so_far       bytea,
  add constraint imports_mark check ((applied_line = 0) or (so_far is not null));
)sql";

const std::string_view kPlannedHandOutSchema = R"sql(
-- Assignments that are to begin, until their device has been handed out. Those that have
-- begun already, and left it where it was, are handed out late.
create table planned_hand_outs (
  assignment text primary key references assignments
);
insert into planned_hand_outs
select a.id from assignments a join devices d on d.id = a.device
where lower(a.period) > now() or (a.period @> now() and d.state between 1 and 4);
)sql";

}  // namespace nara::registry
