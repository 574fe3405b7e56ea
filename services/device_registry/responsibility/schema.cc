#include "device_registry/responsibility/schema.h"

namespace nara::registry {

const std::string_view kResponsibilitySchema = R"sql(
-- When an audit row was written, while the revision's row is locked: its order is that
-- of the revisions, so that an instant names a revision.
alter table changes alter column at set default clock_timestamp();

-- A device is a resident's, or the equipment of a unit whose residents share it.
alter table assignments
  alter column resident drop not null,
  add column unit     text references units,
  add column ground   int not null default 1,
  add column revision bigint not null default 0;
update assignments a set
  ground = case regime when 1 then 1 else 3 end,
  revision = coalesce((select max(c.revision) from changes c where c.object = 'assignment' and c.id = a.id), 0);
alter table assignments
  alter column ground drop default,
  alter column revision drop default,
  add constraint assignments_one_user check (num_nonnulls(resident, unit) = 1),
  -- Prescribed under HSL only, after an assessment under SoL and LSS only, a unit's
  -- equipment when it is a unit's.
  add constraint assignments_ground check (ground between 1 and 5 and (ground <> 1 or regime = 1) and
    (ground <> 3 or regime in (2, 3)) and (ground = 5) = (unit is not null));
-- By the device's name, as every question about it comes.
create index assignments_by_device_name on assignments (device, start_at);

create table absences (
  id         text primary key,
  assignment text not null references assignments,
  kind       int not null check (kind between 1 and 3),
  period     tstzrange not null
    check (not isempty(period) and lower(period) is not null and lower_inc(period) and not upper_inc(period)),
  revision   bigint not null
);
create index absences_by_assignment on absences (assignment);

-- Two times: a table says what is true when, by what we believe now. What we believed
-- before is in <table>_history, from its revision to that which superseded it. A
-- trigger writes it, whatever a program does.
alter table responsibilities_history rename to responsibilities_planned;
create table responsibilities_history (superseded_by bigint not null, like responsibilities);
insert into responsibilities_history
  select superseded_by, assignment, purpose, since, principal, provider, unit, revision from responsibilities_planned;
drop table responsibilities_planned;
create index responsibilities_history_by_assignment on responsibilities_history (assignment);
create table assignments_history (superseded_by bigint not null, like assignments);
create index assignments_history_by_id on assignments_history (id);
create index assignments_history_by_device on assignments_history (device);
create table absences_history (superseded_by bigint not null, like absences);
create index absences_history_by_assignment on absences_history (assignment);

create function remember_superseded() returns trigger language plpgsql set search_path from current as $$
declare
  this bigint := (select value from revision);
begin
  -- What came and went within one revision was never believed.
  if old.revision <> this then
    execute format('insert into %I select $1, ($2).*', tg_table_name || '_history') using this, old;
  end if;
  return null;
end $$;
create trigger remember after update or delete on assignments for each row execute function remember_superseded();
create trigger remember after update or delete on responsibilities for each row execute function remember_superseded();
create trigger remember after update or delete on absences for each row execute function remember_superseded();

-- In which times that had passed somebody else should have received. They go out with
-- the device's route and are never changed.
create table corrections (
  revision        bigint not null,
  ordinal         int not null,
  device_number   bigint not null references devices (number),
  purpose         int not null check (purpose in (1, 2)),
  start_at        timestamptz not null,
  end_at          timestamptz not null check (start_at < end_at),
  from_assignment text not null references assignments,
  from_resident   text not null,
  from_unit       text not null references units,
  to_assignment   text not null,
  to_resident     text not null,
  to_unit         text not null,
  primary key (revision, ordinal)
);
create index corrections_by_device on corrections (device_number, revision);

create table hand_overs (
  id             text primary key,
  assignment     text not null references assignments,
  reason         int not null check (reason between 1 and 6),
  state          int not null check (state between 1 and 6),
  from_principal text not null references principals,
  from_unit      text not null references units,
  to_principal   text not null references principals,
  care_unit      text references units,
  alarm_unit     text references units check (num_nonnulls(care_unit, alarm_unit) >= 1),
  since          timestamptz not null,
  deadline       timestamptz not null,
  proposed_at    timestamptz not null,
  answered_at    timestamptz check ((state in (1, 2)) = (answered_at is null)),
  alerts         text[] not null,
  objection      text not null,
  revision       bigint not null
);
-- What is under way is one thing at a time.
create unique index hand_overs_one_open on hand_overs (assignment) where state in (1, 2, 3);
create index hand_overs_by_deadline on hand_overs (deadline) where state = 1;

-- What the rules of cost need to know. A date of birth without a name or a number.
create table cost_facts (
  assignment    text not null references assignments,
  since         timestamptz not null,
  registered_at text references principals,
  prescriber    text references principals,
  birth_date    date,
  revision      bigint not null,
  primary key (assignment, since)
);

create table cost_exceptions (
  id         text primary key,
  assignment text not null references assignments,
  payer      text not null references principals,
  period     tstzrange not null
    check (not isempty(period) and lower(period) is not null and lower_inc(period) and not upper_inc(period)),
  reason     text not null,
  revision   bigint not null
);
create index cost_exceptions_by_assignment on cost_exceptions (assignment);
)sql";

const std::string_view kSealedBirthSchema = R"sql(
-- A date of birth says much of who somebody is: it is encrypted as identities are. What
-- stands in clear the registry encrypts as it starts; nothing comes to it.
alter table cost_facts
  add column key_id text,
  add column birth  bytea,
  add constraint cost_facts_whole_birth check (num_nulls(key_id, birth) in (0, 2)),
  add constraint cost_facts_none_in_clear check (birth_date is null) not valid;
create index cost_facts_by_key on cost_facts (key_id);
)sql";

const std::string_view kReachSchema = R"sql(
-- Which devices and residents a principal or a unit may have to do with: a row for each
-- unit that answers in an assignment that has not ended, or is going to, or did before.
-- It leads to few rows among very many; whether one is shown, `answering` alone says.
create table reach (
  assignment text not null,
  unit       text not null,
  principal  text not null,
  device     text not null,
  resident   text,
  primary key (assignment, unit)
);
create index reach_of_principal on reach (principal, device);
create index reach_of_unit on reach (unit, device);
create index reach_of_principals_residents on reach (principal, resident);
create index reach_of_units_residents on reach (unit, resident);
create index residents_by_principal on residents (principal, id);

create function reach_again(changed text[]) returns void language sql set search_path from current as $$
  delete from reach where assignment = any (changed);
  insert into reach (assignment, unit, principal, device, resident)
  select distinct a.id, r.unit, r.principal, a.device, a.resident
  from assignments a join responsibilities r on r.assignment = a.id
  where a.id = any (changed) and (upper_inf(a.period) or upper(a.period) > now());
$$;
select reach_again(array(select id from assignments where upper_inf(period) or upper(period) > now()));

create function follow_assignments() returns trigger language plpgsql set search_path from current as $$
begin
  perform reach_again(array(select distinct id from changed));
  return null;
end $$;
create function follow_responsibilities() returns trigger language plpgsql set search_path from current as $$
begin
  perform reach_again(array(select distinct assignment from changed));
  return null;
end $$;
-- An assignment has its first responsibilities after it.
create trigger reach_update after update on assignments
  referencing new table as changed for each statement execute function follow_assignments();
create trigger reach_delete after delete on assignments
  referencing old table as changed for each statement execute function follow_assignments();
create trigger reach_insert after insert on responsibilities
  referencing new table as changed for each statement execute function follow_responsibilities();
create trigger reach_update after update on responsibilities
  referencing new table as changed for each statement execute function follow_responsibilities();
create trigger reach_delete after delete on responsibilities
  referencing old table as changed for each statement execute function follow_responsibilities();
)sql";

}  // namespace nara::registry
