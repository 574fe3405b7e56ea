#include "device_registry/schema.h"

#include <array>

#include "device_registry/assortment/schema.h"
#include "device_registry/audit/schema.h"
#include "device_registry/chains/schema.h"
#include "device_registry/identity/schema.h"
#include "device_registry/life_cycle/schema.h"
#include "device_registry/organisation/schema.h"
#include "device_registry/privacy/schema.h"
#include "device_registry/residents/schema.h"
#include "device_registry/responsibility/schema.h"

namespace nara::registry {
namespace {

constexpr std::string_view kFirst = R"sql(
-- One revision for everything. A writer takes the next one late in its transaction
-- and keeps the row locked until it commits: revisions are in commit order.
create table revision (
  only_row boolean primary key default true check (only_row),
  value    bigint not null
);
insert into revision (value) values (0);

-- The audit: who changed what, at which revision.
create table changes (
  revision bigint not null,
  ordinal  int not null,
  at       timestamptz not null default now(),
  actor    text not null,
  action   text not null,
  object   text not null,
  id       text not null,
  detail   jsonb not null default '{}',
  primary key (revision, ordinal)
);
create index changes_by_object on changes (object, id, revision);

create table principals (
  id         text primary key,
  name       text not null,
  federation text not null,
  population bigint not null,
  tile_col   int not null,
  tile_row   int not null
);

create table units (
  id        text primary key,
  principal text not null references principals,
  provider  text not null,
  name      text not null,
  regimes   int[] not null
);

-- The number stands for the device in the exclusion constraint of assignments: a
-- range type that every PostgreSQL has, in place of an extension.
create table devices (
  id            text primary key,
  number        bigint generated always as identity unique,
  product       text not null,
  owner         text not null references principals,
  fallback_unit text not null constraint devices_fallback_unit references units,
  serial        text not null,
  revision      bigint not null
);
create index devices_by_revision on devices (revision);
create index devices_by_owner on devices (owner, id);

create table certificates (
  serial    text primary key,
  device    text not null references devices,
  not_after timestamptz not null,
  revision  bigint not null
);
create index certificates_by_device on certificates (device);

create table residents (
  id        text primary key,
  principal text not null references principals
);

create table assignments (
  id            text primary key,
  device        text not null references devices,
  device_number bigint not null references devices (number),
  resident      text not null references residents,
  period        tstzrange not null
    check (not isempty(period) and lower(period) is not null and lower_inc(period) and not upper_inc(period)),
  regime        int not null,
  -- What follows is only there for the two foreign keys below.
  start_at      timestamptz generated always as (lower(period)) stored,
  care          int generated always as (1) stored,
  alarm         int generated always as (2) stored,
  constraint assignments_one_at_a_time
    exclude using gist (int8range(device_number, device_number, '[]') with &&, period with &&)
);
create index assignments_by_device on assignments (device_number);
create index assignments_by_resident on assignments (resident);

-- Change points: each is valid until the next of its assignment and purpose.
create table responsibilities (
  assignment text not null references assignments,
  purpose    int not null check (purpose in (1, 2)),
  since      timestamptz not null,
  principal  text not null references principals,
  provider   text not null,
  unit       text not null references units,
  revision   bigint not null,
  primary key (assignment, purpose, since)
);
create index responsibilities_by_unit on responsibilities (unit);

-- No gap: an assignment has a change point of each purpose at its very start.
alter table assignments
  add constraint assignments_care_from_start foreign key (id, care, start_at)
    references responsibilities (assignment, purpose, since) deferrable initially deferred,
  add constraint assignments_alarm_from_start foreign key (id, alarm, start_at)
    references responsibilities (assignment, purpose, since) deferrable initially deferred;

-- What was planned and then superseded, with the revision that did it.
create table responsibilities_history (
  assignment    text not null,
  purpose       int not null,
  since         timestamptz not null,
  principal     text not null,
  provider      text not null,
  unit          text not null,
  revision      bigint not null,
  superseded_by bigint not null
);
create index responsibilities_history_by_assignment on responsibilities_history (assignment);

-- Who answers now.
create view answering as
  select distinct on (a.device, r.purpose) a.device, r.purpose, r.principal, r.unit
  from assignments a join responsibilities r on r.assignment = a.id
  where a.period @> now() and r.since <= now()
  order by a.device, r.purpose, r.since desc;

create table chains (
  unit     text not null references units,
  version  int not null check (version >= 1),
  revision bigint not null,
  primary key (unit, version)
);
create index chains_by_revision on chains (revision);

create table chain_steps (
  unit           text not null,
  version        int not null,
  step           int not null,
  receiver       text not null,
  accept_seconds int not null check (accept_seconds between 1 and 3600),
  primary key (unit, version, step),
  foreign key (unit, version) references chains
);

create table clients (
  id           text primary key,
  role         text not null,
  principal    text references principals,
  units        text[] not null,
  token_sha256 text constraint clients_one_token unique,
  revoked      boolean not null,
  revision     bigint not null
);
create index clients_by_revision on clients (revision);
)sql";

constexpr std::string_view kAudit = R"sql(
-- Who called on the actor's behalf, why, and what the object was before.
alter table changes
  add column via    text not null default '',
  add column reason text not null default '',
  add column before jsonb;
create index changes_by_time on changes (at, revision);
)sql";

}  // namespace

std::span<const Migration> Migrations() {
  static const std::array migrations = {
      Migration{1, "devices, assignments, responsibilities, chains", kFirst},
      Migration{2, "the audit's before and why", kAudit},
      Migration{3, "shared devices, absences, hand-overs, cost, two times", kResponsibilitySchema},
      Migration{4, "providers, agreements, staff", kOrganisationSchema},
      Migration{5, "identities of residents", kResidentsSchema},
      Migration{6, "where a device is on its way", kLifeCycleSchema},
      Migration{7, "what each principal has chosen", kAssortmentSchema},
      Migration{8, "revocations, enrolments, controllers", kIdentitySchema},
      Migration{9, "scopes of clients", kPrivacySchema},
      Migration{10, "targets and fallbacks of chains, receivers, plans", kChainsSchema},
      Migration{11, "imports piece by piece", kImportMarkSchema},
      Migration{12, "dates of birth encrypted", kSealedBirthSchema},
      Migration{13, "whose devices and residents", kReachSchema},
      Migration{14, "assignments that are to begin", kPlannedHandOutSchema},
      Migration{15, "consents and blocks", kConsentSchema},
      Migration{16, "who may read the audit", kAuditSchema},
      Migration{17, "certificates from before a device was in stock", kCertificatesOfBefore},
  };
  return migrations;
}

}  // namespace nara::registry
