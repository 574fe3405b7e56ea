#include "alert_router/schema.h"

#include <string>

#include "common/postgres/log_positions.h"

namespace nara::alert {
namespace {

constexpr std::string_view kAlerts = R"sql(
create table alerts (
  id              text primary key,
  device          text not null,
  kind            text not null,
  episode         text not null,
  resident        text not null,
  principal       text not null,
  unit            text not null,
  product         text not null,
  event_id        text not null,
  chain_version   bigint not null,
  chain_receivers text[] not null,
  chain_seconds   int[] not null,
  step            int not null,
  state           smallint not null check (state between 1 and 8),
  version         bigint not null,
  waiting         bool not null,
  exhausted       bool not null,
  technical       bool not null,
  offer_version   bigint not null,
  delivered       bool not null,
  effective_at    timestamptz not null,
  raised_at       timestamptz not null,
  expires_at      timestamptz not null,
  next_action_at  timestamptz,
  receiver        text not null,
  operator_id     text not null,
  unique (device, kind, episode),
  -- Nobody has accepted it: something is due. Ended or accepted: nothing is.
  check ((state in (1, 2)) = (next_action_at is not null)),
  check (step between 0 and cardinality(chain_receivers) - 1),
  check (cardinality(chain_receivers) = cardinality(chain_seconds))
);
create index alerts_due on alerts (next_action_at) where next_action_at is not null;
create index alerts_unanswered on alerts (receiver) where state in (1, 2);
create index alerts_open on alerts (raised_at desc, id desc) where state < 6;
create index alerts_all on alerts (raised_at desc, id desc);
create index alerts_of_principal on alerts (principal, raised_at desc, id desc);
create index alerts_of_receiver on alerts using gin (chain_receivers);

create table history (
  alert    text not null references alerts (id),
  version  bigint not null,
  at       timestamptz not null,
  action   text not null,
  state    smallint not null,
  step     int not null,
  receiver text not null,
  actor    text not null,
  reason   text not null,
  primary key (alert, version)
);
create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'the history of alerts is append-only';
end $$;
create trigger history_is_append_only before update or delete on history
  for each row execute function refuse_change();
create trigger history_is_not_emptied before truncate on history execute function refuse_change();

create table early_ends (
  device   text not null,
  kind     text not null,
  episode  text not null,
  ended_by text not null,
  event_id text not null,
  at       timestamptz not null default clock_timestamp(),
  primary key (device, kind, episode)
);
create index early_ends_by_age on early_ends (at);
)sql";

// What was raised before has no assignment: it is ended by people or expires. The
// remembered ends named neither assignment nor time, and could silence another dose.
constexpr std::string_view kEpisodesAgain = R"sql(
alter table alerts add assignment text not null default '';
alter table alerts alter assignment drop default;
alter table alerts drop constraint alerts_device_kind_episode_key;
alter table alerts add unique (device, kind, episode, assignment, effective_at);

drop table early_ends;
create table ends (
  device       text not null,
  kind         text not null,
  episode      text not null,
  assignment   text not null,
  effective_at timestamptz not null,
  ended_by     text not null,
  event_id     text not null,
  at           timestamptz not null default clock_timestamp(),
  primary key (device, kind, episode, assignment, effective_at)
);
create index ends_by_age on ends (at);
)sql";

// What is open at a receiver is read in the order of its offers. Of an older offer the
// last time that is known is in the history.
constexpr std::string_view kOrderOfOffers = R"sql(
alter table alerts add offered_at timestamptz;
update alerts set offered_at = coalesce(
  (select at from history where alert = alerts.id and history.version = alerts.offer_version), raised_at);
alter table alerts alter offered_at set not null;
create index alerts_offered on alerts (receiver, offered_at, raised_at, id) where state = 2 and not waiting;
)sql";

constexpr std::string_view kSilences = R"sql(
-- Devices that are silent now, each with the alert that tells of it and of others.
create table silences (
  device  text primary key,
  episode text not null,
  alert   text not null references alerts (id),
  at      timestamptz not null default clock_timestamp()
);
create index silences_of_alert on silences (alert, at);
)sql";

}  // namespace

const std::vector<Migration>& Migrations() {
  static const std::string first = std::string(kAlerts) + std::string(kLogPositionsSql);
  static const std::vector<Migration> migrations = {{1, "alerts, history, early ends, positions", first},
                                                    {2, "episodes that are used again", kEpisodesAgain},
                                                    {3, "the order of offers", kOrderOfOffers},
                                                    {4, "silent devices", kSilences}};
  return migrations;
}

}  // namespace nara::alert
