#include "device_registry/identity/schema.h"

namespace nara::registry {

const std::string_view kIdentitySchema = R"sql(
-- The same request again gets the same certificate. What is older than this migration has neither.
alter table certificates
  drop column revoked_at,
  add column issued_at      timestamptz not null default now(),
  add column pem            text,
  add column request_sha256 text,
  add constraint certificates_of_device unique (device, serial);
create index certificates_by_request on certificates (device, request_sha256);

-- What is lifted stays: who was locked out when. Without serial: the device with whichever certificate.
create table revocations (
  revision        bigint primary key,
  device          text not null references devices,
  serial          text,
  reason          int not null check (reason between 1 and 5),
  since           timestamptz not null default now(),
  lifted_at       timestamptz,
  lifted_revision bigint,
  check ((lifted_at is null) = (lifted_revision is null)),
  -- One of another device's certificates would lock that device out.
  foreign key (device, serial) references certificates (device, serial)
);
create unique index revocations_one_at_a_time on revocations (device, coalesce(serial, '')) where lifted_at is null;

create table enrolments (
  id             text primary key,
  device         text not null references devices,
  code_sha256    text not null,
  created_at     timestamptz not null default now(),
  expires_at     timestamptz not null,
  wrong_codes    int not null default 0 check (wrong_codes between 0 and 10),
  -- Of the request that it was used for.
  request_sha256 text,
  used_at        timestamptz,
  ended_at       timestamptz,
  revision       bigint not null,
  check ((request_sha256 is null) = (used_at is null))
);
create unique index enrolments_one_open on enrolments (device) where ended_at is null;

-- The number by which an alarm centre knows the device: never another one's.
create sequence controllers minvalue 1000000000 maxvalue 9999999999999999;
alter table devices add column controller text
  constraint devices_one_controller unique check (controller ~ '^[0-9]{1,16}$');
)sql";

const std::string_view kCertificatesOfBefore = R"sql(
-- A device that has been back in stock (event 11) may not come in with what its last user had.
create function refuse_certificate_of_before() returns trigger language plpgsql set search_path from current as $$
begin
  if exists (select from device_moves m where m.device = new.device and m.event = 11 and m.revision > new.revision) then
    raise exception 'the device has been in stock since' using
      errcode = 'restrict_violation', constraint = 'revocations_of_before';
  end if;
  return new;
end $$;
create trigger revocations_of_before before update on revocations for each row
  when (new.serial is not null and old.lifted_at is null and new.lifted_at is not null)
  execute function refuse_certificate_of_before();

-- Nor with a code that was made for him: back in stock (event 11), lost (state 11) or scrapped (12), codes end.
create function end_codes() returns trigger language plpgsql set search_path from current as $$
begin
  update enrolments e set ended_at = now() from added m
  where e.device = m.device and e.ended_at is null and (m.event = 11 or m.to_state in (11, 12));
  return null;
end $$;
create trigger moves_end_codes after insert on device_moves referencing new table as added
  for each statement execute function end_codes();
)sql";

}  // namespace nara::registry
