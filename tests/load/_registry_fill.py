"""Five years of a county, straight into the tables: through the calls it would take hours. Every constraint and trigger holds for these rows too.

A device has six assignments of ten months, the last of which runs; half of them are handed over to another unit after four months. Of moves it
has two, of audit rows none.
"""

HISTORIES = range(6)
BATCH = 25_000
RESIDENTS = 200_000
OWNER = "14"
FALLBACK = "care-14-1"
PRODUCT = "scale"

COLUMNS = "device,product,serial,owner,owner_kind,fallback_unit,status"


def device(number):
    return f"bench-{number:06d}"


def portal_file(numbers, prefix="bench"):
    """An ordering portal's file with devices in stock."""
    lines = [f"{prefix}-{n:06d},{PRODUCT},SN-{prefix}-{n},{OWNER},rented_from_hmc,{FALLBACK},in_stock" for n in numbers]
    return "\n".join([COLUMNS, *lines]) + "\n"


def residents():
    return f"""
insert into residents (id, principal)
select 'bench-r-' || n, u.principal
from generate_series(0, {RESIDENTS - 1}) n
join (select principal, row_number() over (order by id) - 1 as k from units) u on u.k = n % (select count(*) from units);
analyze residents;
"""


def devices(first, last):
    """Known devices, as registered one by one."""
    return f"""
begin;
insert into devices (id, product, owner, fallback_unit, serial, owner_kind, revision)
select 'bench-' || lpad(n::text, 6, '0'), '{PRODUCT}', '{OWNER}', '{FALLBACK}', 'SN-' || n, 1, value + n - {first} + 1
from generate_series({first}, {last}) n, revision;
insert into device_moves (device, ordinal, event, to_state, reason, at, actor, revision)
select id, 1, 1, 1, 'bench', now() - interval '5 years', 'bench', revision
from devices where id between '{device(first)}' and '{device(last)}';
update revision set value = value + {last - first + 1};
commit;
"""


def assignments(first, last, histories):
    """One for each device and each of the six periods that is named; who has the last one has been handed it."""
    made = f"id between '{device(first)}' and '{device(last)}'"
    return f"""
begin;
create temporary table made on commit drop as
select d.id as device, d.number, d.id || '-' || k as id, k, 'bench-r-' || r as resident, r % c.units as unit, (r + 1) % c.units as other,
  now() - interval '5 years' + k * interval '10 months' as start_at,
  case when k < 5 then now() - interval '5 years' + (k + 1) * interval '10 months' - interval '7 days' end as end_at,
  r % 2 = 0 as handed_over
from devices d cross join generate_series({histories[0]}, {histories[-1]}) k
cross join (select count(*) as units from units) c
cross join lateral (select (substr(d.id, 7)::int + k * 1000) % {RESIDENTS} as r) t
where {made};
insert into assignments (id, device, device_number, resident, period, regime, ground, revision)
select id, device, number, resident, tstzrange(start_at, end_at), 1, 1, value + 1 from made, revision;
with u as (select id, principal, provider, row_number() over (order by id) - 1 as k from units)
insert into responsibilities (assignment, purpose, since, principal, provider, unit, revision)
select m.id, p, m.start_at + later, u.principal, u.provider, u.id, value + 1
from made m cross join generate_series(1, 2) p
cross join (values (interval '0'), (interval '4 months')) as t (later)
join u on u.k = case when later = interval '0' then m.unit else m.other end, revision
where later = interval '0' or m.handed_over;
{handed_out(made) if 5 in histories else ""}
update revision set value = value + {last - first + 2};
commit;
"""


def handed_out(made):
    return f"""
insert into device_moves (device, ordinal, event, from_state, to_state, reason, at, actor, revision)
select id, 2, 6, 1, 5, 'assigned', now() - interval '10 months', 'bench', value + 1 from devices, revision where {made};
update devices d set state = 5, moves = 2, revision = value + 1 + t.n from (
  select id, row_number() over (order by id) as n from devices where {made}) t, revision
where t.id = d.id;
"""


def batches(first, last):
    for start in range(first, last + 1, BATCH):
        yield start, min(start + BATCH - 1, last)
