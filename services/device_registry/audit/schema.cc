#include "device_registry/audit/schema.h"

namespace nara::registry {

const std::string_view kAuditSchema = R"sql(
-- Whose an object is, for its audit: the principals that may read what was done to it at
-- a time. Of a device its owner; of an assignment who answered then, or at its start when
-- that was still to come. Nobody for what only the administrator sees: clients, keys,
-- special rights, imports. One query, so that a statement of many rows is planned as one.
create function principals_of_object(noun text, key text, at timestamptz) returns setof text
language sql stable as $$
  select u.principal from units u where noun in ('unit', 'chain') and u.id = key
  union all select r.principal from residents r where noun in ('resident', 'plan') and r.id = key
  union all select d.owner from devices d where noun = 'device' and d.id = key
  union all select d.owner from enrolments e join devices d on d.id = e.device where noun = 'enrolment' and e.id = key
  union all select s.principal from staff s where noun = 'staff' and s.id = key
  union all select r.principal from consents c join residents r on r.id = c.resident
    where noun = 'consent' and c.id = key
  union all select p.principal from blocks b join provider_principals p on p.provider = b.provider
    where noun = 'block' and b.id = key
  union all select u.principal from staff_assignments a join units u on u.id = a.unit
    where noun = 'staff_assignment' and a.id = key
  union all select p.principal from participations p where noun = 'participation' and p.id = key
  union all select p.principal from provider_principals p where noun = 'provider' and p.provider = key
  union all select c.principal from receivers r join clients c on c.id = r.id where noun = 'receiver' and r.id = key
  union all select split_part(key, '/', 1) where noun = 'product_choice'
  union all select p.principal from hand_overs h cross join lateral (values (h.from_principal), (h.to_principal))
    as p (principal) where noun = 'hand_over' and h.id = key
  union all select e.payer from cost_exceptions e where noun = 'cost_exception' and e.id = key
  union all select r.principal
    from (
      select key as assignment where noun in ('assignment', 'cost_facts')
      union all select b.assignment from absences b where noun = 'absence' and b.id = key
      union all select e.assignment from cost_exceptions e where noun = 'cost_exception' and e.id = key
    ) as its join assignments a on a.id = its.assignment cross join lateral (
      select distinct on (p.purpose) p.principal from responsibilities p
      where p.assignment = a.id and p.since <= greatest(at, lower(a.period)) order by p.purpose, p.since desc
    ) as r
$$;

-- Decided when it was changed, so that a later hand-over shows nobody what was before it.
create table change_principals (
  principal text not null,
  revision  bigint not null,
  ordinal   int not null,
  primary key (principal, revision, ordinal)
);
insert into change_principals
select distinct p.principal, c.revision, c.ordinal
from changes c cross join lateral principals_of_object(c.object, c.id, c.at) as p (principal) where p.principal <> '';

-- The plan is made once in a connection, for one row or for fifty thousand: by the keys, whatever the tables look like
-- then, and without compiling it, which takes longer than it saves.
create function remember_principals() returns trigger language plpgsql set search_path from current
  set jit = off set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
begin
  insert into change_principals
  select distinct p.principal, c.revision, c.ordinal
  from added c cross join lateral principals_of_object(c.object, c.id, c.at) as p (principal)
  where p.principal <> '';
  return null;
end $$;
create trigger changes_principals after insert on changes referencing new table as added
  for each statement execute function remember_principals();

-- Whatever a program does: what was done, and who looked, stays as it was written.
create function refuse_change_of_audit() returns trigger language plpgsql as $$
begin
  raise exception 'the audit is never changed' using errcode = 'restrict_violation';
end $$;
create trigger changes_append_only before update or delete or truncate on changes
  for each statement execute function refuse_change_of_audit();

create index changes_by_actor on changes (actor, revision);
alter table identity_reads add column number bigint generated always as identity primary key;
create index identity_reads_by_time on identity_reads (at);
-- It may be forgotten in the end.
create trigger identity_reads_stay before update or truncate on identity_reads
  for each statement execute function refuse_change_of_audit();
)sql";

}  // namespace nara::registry
