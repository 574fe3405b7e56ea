"""Recorded data through the running county: every reading once, in mmol/L in history or with its reason in quarantine."""

import json

import pytest
from outside import run
from private_servers import ROOT

RECORDED = (
    ROOT / "tests" / "data" / "glucose.csv"
)  # 9 readings: a 0, a 501, and twice two of one minute that are both real


@pytest.fixture(scope="module", name="replayed")
def _replayed(outside):
    return replay(outside, "now")


def replay(outside, tag, *extra):
    fleet, demo = outside.stack.binary("nara-fleet"), str(outside.stack.state / "demo.json")
    done = run([fleet, "replay", "--demo", demo, "--file", str(RECORDED), "--json", "--tag", tag, *extra])
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def history(outside, device):
    return sorted(outside.observations({"id": device}), key=lambda seen: (seen["effective_at"], seen["id"]))


def test_every_reading_is_in_history_or_in_quarantine(outside, replayed):
    assert replayed == {"rows": 9, "history": 7, "quarantine": 2, "reasons": {"value_out_of_range": 2}}
    assert len(history(outside, "replay-now-01")) == 5
    assert len(outside.quarantine({"id": "replay-now-02"})) == 1


def test_values_are_converted_once_and_what_was_sent_stays_beside(outside, replayed):
    seen = history(outside, "replay-now-01")
    glucose = [next(value for value in reading["values"] if value["component"] == "glucose") for reading in seen]
    assert [(value["decimal"], value["sent_decimal"], value["sent_ucum"]) for value in glucose] == [
        ("5.55", "100", "mg/dL"),
        ("6.61", "119", "mg/dL"),
        ("6.83", "123", "mg/dL"),
        ("11.99", "216", "mg/dL"),
        ("11.71", "211", "mg/dL"),
    ]
    contexts = [value["code"] for reading in seen for value in reading["values"] if value["component"] == "context"]
    assert contexts == ["before_breakfast", "before_supper", "unspecified", "before_breakfast", "before_breakfast"]


def test_times_are_those_of_stockholm_in_summer_and_in_winter(outside):
    assert replay(outside, "then", "--keep-time")["history"] == 7
    summer, winter = history(outside, "replay-then-01"), history(outside, "replay-then-02")
    assert summer[0]["effective_at"] == "1991-04-21T07:09:00Z"
    assert winter[0]["effective_at"] == "1991-01-21T05:30:00Z"


def test_nobody_but_the_unit_reads_it(outside, replayed):
    for persona in ("operator", "supplier", "alarm_centre", "principal_admin"):
        refused = outside.naractl("observation", "list", "--device", "replay-now-01", persona=persona)
        assert refused.returncode == 1
        assert refused.stdout == ""
