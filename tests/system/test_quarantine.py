"""What is held has a way on: replayed when whose it is becomes known, or discarded by somebody who says why."""

import time

import pytest
from outside import eventually, reading, uplink
from private_servers import ROOT

PAST_SECONDS = 3600


@pytest.fixture(name="nobodys")
def _nobodys(outside):
    """A device that is registered, has its keys, and is nobody's."""
    name = f"bp-held-{time.time_ns()}"
    outside.ask("device", "register", name, "--product", "bp-meter", "--unit", "care-1480-1")
    (device,) = outside.ask("device", "provision", name, "--out", str(outside.stack.state / "devices"))
    return device


def rfc3339(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def held(outside, device):
    return eventually(lambda: outside.quarantine(device), "it is in quarantine")


def hand_out(outside, device):
    """To a new resident, from now on; later somebody notices that it was there an hour before."""
    resident = f"r-{device['id']}"
    outside.ask("resident", "create", "--id", resident)
    outside.ask("device", "assign", device["id"], "--resident", resident, "--unit", "care-1480-1")
    return outside.ask("device", "get", device["id"])["assignment"]


def begin_earlier(outside, assignment):
    revision = outside.ask("assignment", "get", assignment["id"])["revision"]
    start = rfc3339(time.time() - PAST_SECONDS)
    command = ["assignment", "correct", assignment["id"], "--revision", revision, "--start", start]
    outside.ask(*command, "--care", f"{start}=care-1480-1", "--alarm", f"{start}=care-1480-1")


def test_what_came_before_the_assignment_was_known_is_delivered_when_it_is(outside, nobodys):
    receipt = outside.send(nobodys, uplink(reading(seq=1), reading(seq=2), epoch="e1"))
    assert receipt["through"] == 2 and receipt["held"] == [1, 2]
    assert [entry["reason"] for entry in held(outside, nobodys)] == ["no_assignment"] * 2
    assignment = hand_out(outside, nobodys)
    later = outside.ask("quarantine", "replay", nobodys["id"])
    assert "replayed" not in later, "the assignment began after it had come"
    begin_earlier(outside, assignment)
    replayed = eventually(
        lambda: outside.ask("quarantine", "replay", nobodys["id"]).get("replayed"), "ingest knows the correction"
    )
    assert len(replayed) == 2
    eventually(lambda: len(outside.observations(nobodys)) == 2, "the unit has both")
    assert outside.quarantine(nobodys) == []
    assert "replayed" not in outside.ask("quarantine", "replay", nobodys["id"]), "once"


def test_what_is_discarded_is_gone_and_says_by_whom_and_why(outside, nobodys, county):
    outside.send(nobodys, uplink(reading(seq=1), epoch="e1"))
    (entry,) = held(outside, nobodys)
    for persona in ("care_unit", "operator", "supplier"):
        refused = outside.naractl("quarantine", "discard", entry["id"], "--why", "a test", persona=persona)
        assert refused.returncode == 1, persona
    assert outside.ask("quarantine", "discard", entry["id"], "--why", "a test of the hub")["discarded"] == [entry["id"]]
    assert outside.quarantine(nobodys) == []
    (settled,) = outside.ask("quarantine", "list", "--device", nobodys["id"], "--settled")
    assert settled["settlement"] == "SETTLEMENT_DISCARDED"
    rows = county.query(
        f"select action, a.reason, length(payload) from ingest.quarantine_audit a join ingest.quarantine using (id) where id = '{entry['id']}'"
    )
    assert rows == ["discard|a test of the hub|0"]


def test_the_page_names_both_commands():
    page = (ROOT / "docs" / "formats" / "receipts.md").read_text(encoding="utf-8")
    assert "naractl quarantine replay" in page and "`discard`" in page
