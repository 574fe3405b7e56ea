#include "device_registry/organisation/schema.h"

namespace nara::registry {

const std::string_view kOrganisationSchema = R"sql(
create table providers (
  id                  text primary key,
  name                text not null,
  organisation_number text not null default '',
  hsa_id              text not null default '',
  activity            int not null default 0,
  ownership           int not null default 0,
  revision            bigint not null
);
create unique index providers_hsa_id on providers (hsa_id) where hsa_id <> '';

-- A private provider may work for several principals.
create table provider_principals (
  provider  text not null references providers,
  principal text not null references principals,
  primary key (provider, principal)
);

-- Until now a provider was a name in its units: each distinct one becomes a provider.
-- One whose units work under HSL, or under SoL and LSS, is known to be of that kind;
-- one that does both is left open, for somebody to part in two.
insert into providers (id, name, activity, revision)
select u.provider, u.provider,
       case when bool_and(u.regimes <@ '{1}' and u.regimes <> '{}') then 1
            when bool_and(u.regimes <@ '{2,3}' and u.regimes <> '{}') then 2
            else 0 end,
       greatest((select value from revision), 1)
from units u group by u.provider;
insert into provider_principals (provider, principal) select distinct provider, principal from units;

-- A unit cannot be outside its principal: its provider works for that one.
alter table units
  add constraint units_provider foreign key (provider, principal) references provider_principals (provider, principal),
  add column hsa_id   text not null default '',
  add column kind     int not null default 0,
  add column revision bigint not null default 1;
alter table units alter column revision drop default;
create unique index units_hsa_id on units (hsa_id) where hsa_id <> '';

-- Those of the catalogue; the number stands for one in the exclusion constraint below,
-- as a device's does in that of its assignments.
create table agreements (
  id     text primary key,
  number int generated always as identity unique,
  unique (id, number)
);

create table participations (
  id               text primary key,
  agreement        text not null,
  agreement_number int not null,
  principal        text not null references principals,
  period           tstzrange not null
    check (not isempty(period) and lower(period) is not null and lower_inc(period) and not upper_inc(period)),
  revision         bigint not null,
  foreign key (agreement, agreement_number) references agreements (id, number),
  slot             bigint generated always as (agreement_number::bigint * 10000 + principal::bigint) stored,
  constraint participations_one_at_a_time
    exclude using gist (int8range(slot, slot, '[]') with &&, period with &&)
);

-- What was superseded, with the revision that did it.
create table participations_history (
  id            text not null,
  agreement     text not null,
  principal     text not null,
  period        tstzrange not null,
  revision      bigint not null,
  superseded_by bigint not null
);
create index participations_history_by_id on participations_history (id);

-- The name is encrypted; key_id says with which key.
create table staff (
  id        text primary key,
  principal text not null references principals,
  hsa_id    text not null,
  key_id    text not null,
  name      bytea not null,
  revision  bigint not null
);
create unique index staff_hsa_id on staff (principal, hsa_id) where hsa_id <> '';
create index staff_by_key on staff (key_id);

create table staff_assignments (
  id       text primary key,
  staff    text not null references staff,
  unit     text not null references units,
  roles    int[] not null check (cardinality(roles) > 0),
  period   tstzrange not null
    check (not isempty(period) and lower(period) is not null and lower_inc(period) and not upper_inc(period)),
  revision bigint not null
);
create index staff_assignments_by_unit on staff_assignments (unit);
create index staff_assignments_by_staff on staff_assignments (staff);

create table staff_assignments_history (
  id            text not null,
  staff         text not null,
  unit          text not null,
  roles         int[] not null,
  period        tstzrange not null,
  revision      bigint not null,
  superseded_by bigint not null
);
create index staff_assignments_history_by_id on staff_assignments_history (id);
)sql";

}  // namespace nara::registry
