#include "device_registry/chains/schema.h"

namespace nara::registry {

constexpr std::string_view kChainsSchema = R"sql(
-- Whose alarm chain leads, for each device: 1 ours, 2 the vendor's, 3 the vendor's with
-- ours as its guard.
alter table devices add column lead int not null default 1 constraint devices_lead check (lead in (1, 2, 3));

alter table chain_steps
  add column repeats  int not null default 0 check (repeats between 0 and 10),
  add column fallback boolean not null default false;

alter table chains
  add column holidays      int not null default 0 check (holidays between 0 and 2),
  -- When the version came into force, to say what held at a past instant.
  add column stored_at     timestamptz not null default now(),
  add column fallback_step int,
  -- Only there for the foreign key below.
  add column is_fallback   boolean generated always as (true) stored;

-- Of the chains that are there already the last step is the fallback.
update chains c set
  stored_at = coalesce((select min(h.at) from changes h where h.revision = c.revision), c.stored_at),
  fallback_step = (select max(s.step) from chain_steps s where s.unit = c.unit and s.version = c.version);
update chain_steps s set fallback = true
from chains c where c.unit = s.unit and c.version = s.version and c.fallback_step = s.step;

-- No chain without a fallback, and only one in each.
alter table chain_steps add constraint chain_steps_kind unique (unit, version, step, fallback);
create unique index chain_steps_one_fallback on chain_steps (unit, version) where fallback;
alter table chains
  alter column fallback_step set not null,
  add constraint chains_have_a_fallback foreign key (unit, version, fallback_step, is_fallback)
    references chain_steps (unit, version, step, fallback) deferrable initially deferred;

-- Who a step is offered to; the schedule is that of this version alone.
create table chain_targets (
  unit        text not null,
  version     int not null,
  step        int not null,
  target      int not null,
  receiver    text not null,
  role        int not null check (role in (1, 2)),
  schedule    jsonb,
  competences text[] not null,
  primary key (unit, version, step, target),
  foreign key (unit, version, step) references chain_steps
);

-- What a client that attends is, and can do: a nara.registry.v1.Receiver.
create table receivers (
  id       text primary key references clients,
  content  jsonb not null,
  revision bigint not null
);

-- What is planned for a resident, and the limits: a nara.registry.v1.Plan.
create table plans (
  resident text not null references residents,
  version  int not null check (version >= 1),
  content  jsonb not null,
  revision bigint not null,
  primary key (resident, version)
);
create index plans_by_revision on plans (revision);

-- A version that somebody has relied on stays as it was.
create function keep_version() returns trigger language plpgsql as $$
begin
  raise exception 'a version of % is never changed in place', tg_table_name using errcode = 'restrict_violation';
end $$;
create trigger chains_stay before update or delete on chains for each row execute function keep_version();
create trigger chain_steps_stay before update or delete on chain_steps for each row execute function keep_version();
create trigger chain_targets_stay before update or delete on chain_targets
  for each row execute function keep_version();
create trigger plans_stay before update or delete on plans for each row execute function keep_version();
)sql";

}  // namespace nara::registry
