#include "device_registry/privacy/schema.h"

namespace nara::registry {

const std::string_view kPrivacySchema = R"sql(
-- Names of actions, of docs/formats/access.md; none: all that the role may.
alter table clients add column scopes text[] not null default '{}';
)sql";

const std::string_view kConsentSchema = R"sql(
-- A consent is whose it was, for what, for ever: another one has another id. A relative
-- consents to supervision and to nothing else, and names nobody.
create table consents (
  id               text primary key,
  resident         text not null references residents,
  giver            int not null check (giver in (1, 2)),
  cohabitant       text not null,
  cohabitants      int not null check (cohabitants between 0 and 20),
  use              int not null check (use in (1, 2)),
  period           tstzrange not null
    check (not isempty(period) and lower(period) is not null and lower_inc(period) and not upper_inc(period)),
  form             int not null check (form between 1 and 3),
  changed_at       timestamptz not null,
  withdrawn_at     timestamptz,
  withdrawn_reason text not null default '',
  revision         bigint not null,
  unique (id, giver),
  check ((giver = 2) = (cohabitant <> '')),
  check (giver = 1 or use = 2),
  check (cohabitants = 0 or (giver = 1 and use = 2))
);
create index consents_by_resident on consents (resident, id);

create table consent_recipients (
  consent  text not null,
  ordinal  int not null,
  giver    int not null default 1 check (giver = 1),
  provider text references providers,
  unit     text references units,
  client   text references clients,
  primary key (consent, ordinal),
  foreign key (consent, giver) references consents (id, giver),
  check (num_nonnulls(provider, unit, client) = 1)
);

-- Without a unit: all of the provider's.
create table blocks (
  id            text primary key,
  resident      text not null references residents,
  provider      text not null references providers,
  unit          text references units,
  uses          int[] not null check (cardinality(uses) > 0 and uses <@ '{1,2}'),
  period        tstzrange not null
    check (not isempty(period) and lower(period) is not null and lower_inc(period) and not upper_inc(period)),
  changed_at    timestamptz not null,
  lifted_at     timestamptz,
  lifted_reason text not null default '',
  revision      bigint not null
);
create index blocks_by_resident on blocks (resident, id);

-- What is withdrawn or lifted is so for good, and nothing is forgotten.
create function consent_stays() returns trigger language plpgsql set search_path from current as $$
begin
  if tg_op = 'DELETE' or old.withdrawn_at is not null or (old.id, old.resident, old.giver, old.cohabitant, old.use)
     is distinct from (new.id, new.resident, new.giver, new.cohabitant, new.use) then
    raise exception 'a consent is whose it was, for what, for ever' using errcode = 'integrity_constraint_violation';
  end if;
  return new;
end $$;
create trigger stays before update or delete on consents for each row execute function consent_stays();

create function block_stays() returns trigger language plpgsql set search_path from current as $$
begin
  if tg_op = 'DELETE' or old.lifted_at is not null or (old.id, old.resident, old.provider, old.unit)
     is distinct from (new.id, new.resident, new.provider, new.unit) then
    raise exception 'a block is of what it was, for ever' using errcode = 'integrity_constraint_violation';
  end if;
  return new;
end $$;
create trigger stays before update or delete on blocks for each row execute function block_stays();

-- At which revision a resident's consents or blocks last changed, whatever a program
-- does: what the watch shows is one thing a resident.
create table resident_privacy (
  resident text primary key references residents,
  revision bigint not null
);
create index resident_privacy_by_revision on resident_privacy (revision);

create function privacy_changed() returns trigger language plpgsql set search_path from current as $$
begin
  insert into resident_privacy (resident, revision) select new.resident, value from revision
    on conflict (resident) do update set revision = excluded.revision;
  return null;
end $$;
create trigger changed after insert or update on consents for each row execute function privacy_changed();
create trigger changed after insert or update on blocks for each row execute function privacy_changed();

-- The watch shows clients with the providers of their units: a unit that gets another
-- provider changes them.
create function clients_of_unit_changed() returns trigger language plpgsql set search_path from current as $$
begin
  update clients set revision = (select value from revision) where new.id = any (units);
  return null;
end $$;
create trigger clients_changed after update on units for each row when (old.provider <> new.provider)
  execute function clients_of_unit_changed();
)sql";

}  // namespace nara::registry
