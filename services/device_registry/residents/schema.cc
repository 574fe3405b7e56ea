#include "device_registry/residents/schema.h"

namespace nara::registry {

const std::string_view kResidentsSchema = R"sql(
alter table residents add unique (id, principal);

-- Who a resident is: encrypted, and found by a keyed hash of the number. A number is
-- one resident's in each principal's register. Protection is not secret: whoever sees
-- the resident is told that there is something that it does not see.
create table identities (
  resident      text primary key,
  principal     text not null,
  key_id        text not null,
  sealed        bytea not null,
  fingerprint   bytea not null check (length(fingerprint) = 32),
  protection    int not null check (protection in (1, 2, 3)),
  registered_by text not null,
  revision      bigint not null,
  foreign key (resident, principal) references residents (id, principal),
  constraint identities_one_number unique (fingerprint, principal)
);
create index identities_by_key on identities (key_id);

-- A fingerprint of nobody, by which the key for searching is known again: with another
-- key everybody would seem to be new.
create table identity_search (
  only_row    boolean primary key default true check (only_row),
  fingerprint bytea not null
);

-- The log follow-up: to whom an identity was shown, or, when not shown, who looked
-- for a protected one. It takes no revision: nothing has changed.
create table identity_reads (
  at       timestamptz not null default now(),
  actor    text not null,
  via      text not null,
  reason   text not null,
  resident text not null,
  shown    boolean not null
);
create index identity_reads_by_resident on identity_reads (resident, at);
create index identity_reads_by_actor on identity_reads (actor, at);

-- Special rights to see protected identities.
create table protected_access (
  id        text primary key,
  client    text not null references clients,
  principal text not null references principals,
  period    tstzrange not null
    check (not isempty(period) and lower(period) is not null and lower_inc(period) and not upper_inc(period)),
  revision  bigint not null
);
create index protected_access_by_client on protected_access (client, principal);

create table protected_access_history (
  id            text not null,
  client        text not null,
  principal     text not null,
  period        tstzrange not null,
  revision      bigint not null,
  superseded_by bigint not null
);
create index protected_access_history_by_id on protected_access_history (id);
)sql";

}  // namespace nara::registry
