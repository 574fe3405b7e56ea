"""What nobody finds who looks where he may not: in command lines, in logs, in files of others."""

import json
import os
import secrets
import stat
import subprocess

import pytest
from outside import eventually, reading, uplink
from postgres import BIN
from private_servers import ROOT

# Of the start of the county, so that the look at command lines is known to have been quick enough.
SHORT_LIVED = ("/bin/initdb ", "/bin/psql ", "nara-fleet setup ")


@pytest.fixture(name="canary")
def _canary():
    """A word that is nowhere else."""
    return f"canary-{secrets.token_hex(8)}"


@pytest.fixture(name="talkative")
def _talkative(county):
    """PostgreSQL logs every statement, with as much as its configuration lets out; only what came meanwhile is returned."""
    county.query("alter system set log_min_duration_statement = 0")
    county.query("select pg_reload_conf()")
    eventually(lambda: county.query("show log_min_duration_statement") == ["0"], "every statement is logged")
    before = len(county.log("postgres"))
    yield lambda: county.log("postgres")[before:]
    county.query("alter system reset log_min_duration_statement")
    county.query("select pg_reload_conf()")


def forms(word):
    """As text, and as PostgreSQL prints bytes."""
    return (word, word.encode().hex())


def logs(county):
    return {path.name: path.read_text(encoding="utf-8", errors="replace") for path in (county.state / "log").iterdir()}


def test_postgresql_logs_statements_without_what_people_wrote(county, outside, dispenser, canary, talkative):
    outside.ask("unit", "put", "care-1480-canary", "--name", canary, "--provider", "hemsjukvard-1480")
    outside.send(dispenser, uplink({"kind": "dose_missed", "episode": canary, "values": {}}), "alarm/json")
    outside.send(dispenser, f'{{"records":[{{"kind":"{canary}"')
    outside.send(dispenser, uplink(reading(person=canary), ref=canary))
    eventually(lambda: canary in str(outside.alerts(dispenser)), "the alert is stored")
    eventually(lambda: len(outside.quarantine(dispenser)) >= 2, "what was wrong is in quarantine")
    told = eventually(lambda: all_in(talkative(), ("units", "alerts", "quarantine")), "each store was written to")
    assert "$1" in told and not any(form in told for form in forms(canary))


def all_in(text, words):
    lines = [line.lower() for line in text.splitlines()]
    written = all(any(word in line for line in lines if "insert into" in line) for word in words)
    return text if written else ""


def test_postgresql_logs_an_error_without_what_people_wrote(county, outside, canary, talkative):
    county.query(f"alter table registry.units add constraint no_canary check (name <> '{canary}') not valid")
    marker = len(talkative())  # behind the constraint itself, which names it
    try:
        refused = outside.naractl(
            "unit", "put", "care-1480-refused", "--name", canary, "--provider", "hemsjukvard-1480"
        )
    finally:
        county.query("alter table registry.units drop constraint no_canary")
    assert refused.returncode != 0
    assert canary not in refused.stderr
    told = eventually(lambda: "no_canary" in talkative()[marker:] and talkative()[marker:], "the error is logged")
    assert "ERROR:" in told and "STATEMENT:" in told
    assert canary not in told
    assert not [name for name, text in logs(county).items() if canary in text and name != "postgres.log"]


@pytest.fixture(name="superuser")
def _superuser(county):
    """psql as the superuser, with the passwords of the roles in its environment as for setup.sql."""
    passwords = json.loads((county.state / "pki" / "postgres.json").read_text())
    target = (
        f"host={county.state / 'run' / 'postgres'} user=postgres dbname=nara passfile={county.state / 'pki' / 'pgpass'}"
    )
    environment = {**os.environ, **{f"NARA_{role.upper()}_PASSWORD": word for role, word in passwords.items()}}

    def start(*arguments, **more):
        command = [f"{BIN}/psql", target, "-AtqX", *arguments]
        pipe = subprocess.PIPE
        return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True, env={**environment, **more})

    return start


def set_up(superuser, **more):
    """setup.sql as it stands; again is no error."""
    with superuser("-f", str(ROOT / "deploy" / "postgres" / "setup.sql"), **more) as psql:
        return psql.communicate(timeout=30)[1], psql.returncode


def logged_passwords(county, text):
    words = json.loads((county.state / "pki" / "postgres.json").read_text()).items()
    return [role for role, word in words if word in text]


def test_the_set_up_logs_no_password_when_every_statement_is_logged(county, superuser, talkative):
    problem, code = set_up(superuser, PGOPTIONS="-c log_statement=all")
    assert code == 0, problem
    told = eventually(lambda: "CREATE ROLE" in talkative() and talkative(), "statements are logged")
    assert logged_passwords(county, told) == []


def test_the_set_up_logs_no_password_when_it_fails(county, superuser, talkative):
    with superuser() as other:
        other.stdin.write("begin; alter role nara_registry connection limit -1; select 'held';\n")
        other.stdin.flush()
        assert other.stdout.readline() == "held\n"
        problem, code = set_up(superuser, PGOPTIONS="-c lock_timeout=200ms")
        other.communicate("rollback;\n", timeout=30)
    assert code != 0 and "lock timeout" in problem
    told = eventually(lambda: "ERROR:" in talkative() and talkative(), "the error is logged")
    assert logged_passwords(county, told) == []


def test_no_password_was_to_be_seen_in_a_process_list(county, command_lines):
    seen = "\n".join(command_lines.seen)
    for what in SHORT_LIVED:
        assert what in seen, f"{what} was not seen"
    passwords = json.loads((county.state / "pki" / "postgres.json").read_text()).values()
    keys = [(county.state / "pki" / name).read_text() for name in ("mqtt-password.key", "identity.keys", "cursor.key")]
    tokens = [persona["token"] for persona in county.demo["personas"].values()]
    devices = [device["password"] for device in county.demo["devices"]]
    for secret in (*passwords, *keys, *tokens, *devices):
        assert len(secret) > 16 and secret not in seen


def test_what_a_process_logs_is_for_its_owner_alone(county):
    logged = list((county.state / "log").iterdir())
    assert {"postgres.log", "redis.log", "mosquitto.log", "gateway.log"} <= {path.name for path in logged}
    for path in logged:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
