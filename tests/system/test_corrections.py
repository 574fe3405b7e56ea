"""A device was on the wrong resident: who subscribes hears of it, record by record."""

import json
import secrets

from outside import eventually, reading, uplink


def test_what_went_to_the_wrong_resident_is_withdrawn_and_reissued(outside):
    device = outside.provision("bp-meter")[0]
    with outside.follow("observation", "tail", "--from-start", "--device", device["id"]) as seen:
        outside.send(device, uplink(reading(seq=1), epoch="c1"))
        first = json.loads(seen.wait_for(lambda line: '"id"' in line, "the observation"))
        rightful = f"r-{secrets.token_hex(4)}"
        outside.ask("resident", "create", "--id", rightful)
        assignment = outside.ask("device", "get", device["id"])["assignment"]["id"]
        revision = outside.ask("assignment", "get", assignment)["revision"]
        outside.ask("assignment", "correct", assignment, "--revision", revision, "--resident", rightful)
        withdrawn = json.loads(seen.wait_for(lambda line: "start_at" in line, "what is withdrawn"))
        again = json.loads(seen.wait_for(lambda line: "reissued_by" in line, "what is reissued"))
    assert withdrawn["id"] == again["id"] == first["id"]
    assert "values" not in withdrawn
    assert first["resident"] != rightful and again["resident"] == rightful
    assert again["values"] == first["values"]
    shown = eventually(lambda: outside.observations(device), "history has it")
    assert [row["resident"] for row in shown] == [rightful]
