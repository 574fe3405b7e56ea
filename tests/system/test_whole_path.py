"""From a device to who answers for the person, and to nobody else: with mosquitto's clients, naractl, curl and a gRPC client of Python."""

import json

import grpc
import pytest
from outside import CARE_UNIT, eventually, reading, uplink

OTHER_UNIT = "care-1480-2"
# Units of this file alone: who is on their chains is not simulated for long.
ONE_STEP = "care-1480-one-step"
TWO_STEPS = "care-1480-two-steps"
REJECTING = "care-1480-rejecting"


@pytest.fixture(scope="module", name="stranger")
def _stranger(outside, grpc_client):
    """A care unit of the same municipality that answers for other people."""
    client = outside.new_client(grpc_client, "care-of-others", "care_unit", "1480", [OTHER_UNIT])

    def is_known():
        try:
            return grpc_client.call(client, "broker", "ListObservations") is not None
        except grpc.RpcError:
            return False

    eventually(is_known, "the data broker knows the new client")
    return client


@pytest.fixture(scope="module", name="their_meter")
def _their_meter(outside):
    return outside.provision("bp-meter", unit=OTHER_UNIT)[0]


# Measurements.


def test_a_blood_pressure_arrives_at_the_care_unit_as_it_was_sent(outside, meter):
    receipt = outside.send(meter, uplink(reading(at="2026-11-22T01:02:03.5+01:00"), ref="today"))
    assert receipt["held"] == [0]  # made before the device was this resident's
    with outside.follow("observation", "tail", "--device", meter["id"], "--from-start", "--count", "1") as tail:
        sent = {"kind": "blood_pressure", "values": {"systolic": 138, "diastolic": 84, "pulse": 71}}
        assert outside.send(meter, uplink(sent, ref="now")) == {"lane": "measurement", "ref": "now", "through": 0}
        seen = json.loads(tail.wait_for(bool, "the reading is at the care unit"))
        assert tail.exit_code() == 0
    assert seen["device"] == meter["id"]
    assert seen["unit"] == CARE_UNIT
    assert values_of(seen) == {"systolic": "138", "diastolic": "84", "pulse": "71"}


def values_of(observation):
    return {value["component"]: value["decimal"] for value in observation["values"]}


def test_live_it_arrives_at_its_unit_and_at_nobody_else(outside, grpc_client, meter, their_meter, stranger):
    care_unit = outside.persona("care_unit")
    with (
        grpc_client.stream(care_unit, "broker", "Subscribe") as ours,
        grpc_client.stream(stranger, "broker", "Subscribe") as theirs,
    ):
        for stream in (ours, theirs):
            stream.wait_for(lambda response: response.cursor, "the subscription runs")
        outside.send(meter, uplink(reading(), ref="ours"))
        ours.wait_for(lambda response: meter["id"] in devices(response), "it is at its unit")
        outside.send(their_meter, uplink(reading(), ref="theirs"))
        theirs.wait_for(lambda response: their_meter["id"] in devices(response), "the stranger gets its own")
        assert {seen.unit for response in theirs.seen for seen in response.observations} == {OTHER_UNIT}
        assert {seen.unit for response in ours.seen for seen in response.observations} == {CARE_UNIT}


def devices(response):
    return [observation.device for observation in response.observations]


def test_a_subscription_for_another_unit_yields_nothing_of_it(outside, grpc_client, meter, their_meter, stranger):
    outside.send(meter, uplink(reading(), ref="ours"))
    eventually(lambda: outside.observations(meter), "it is in history")
    outside.send(their_meter, uplink(reading(), ref="theirs"))
    with grpc_client.stream(stranger, "broker", "Subscribe", units=[CARE_UNIT], from_start=True) as stolen:
        eventually(lambda: stolen.error or stolen.seen, "an answer")
        assert [device for response in stolen.seen for device in devices(response)] == []
    with grpc_client.stream(stranger, "broker", "Subscribe", from_start=True) as theirs:
        theirs.wait_for(lambda response: their_meter["id"] in devices(response), "its own history")
        assert {seen.unit for response in theirs.seen for seen in response.observations} == {OTHER_UNIT}


def test_a_subscription_resumes_where_it_ended(outside, grpc_client, meter):
    care_unit = outside.persona("care_unit")
    with grpc_client.stream(care_unit, "broker", "Subscribe") as before:
        before.wait_for(lambda response: response.cursor, "the subscription runs")
        outside.send(meter, uplink(reading(), ref="first"))
        cursor = before.wait_for(lambda response: meter["id"] in devices(response), "the first").cursor
    outside.send(meter, uplink(reading(values={"systolic": 99, "diastolic": 60}), ref="second"))
    with grpc_client.stream(care_unit, "broker", "Subscribe", cursor=cursor) as after:
        after.wait_for(lambda response: meter["id"] in devices(response), "the second")
        again = [seen for response in after.seen for seen in response.observations if seen.device == meter["id"]]
        assert [seen.values[0].decimal for seen in again] == ["99"]


def test_history_and_http_show_it_to_its_unit_alone(outside, grpc_client, meter, their_meter, stranger):
    outside.send(meter, uplink(reading(), ref="ours"))
    eventually(lambda: outside.observations(meter), "it is in history")
    path = f"/api/v1/observations?device={meter['id']}"
    status, page = outside.curl(path, outside.persona("care_unit").token)
    assert status == 200
    assert page["observations"][0]["values"]["systolic"]["value"] == "138"
    assert list_observations(grpc_client, stranger, meter) == []
    assert list_observations(grpc_client, stranger, {"id": "bp-of-nobody"}) == []
    eventually(lambda: outside.curl("/api/v1/session", stranger.token)[0] == 200, "the gateway knows the stranger")
    assert_no_observation(outside.curl(path, stranger.token))
    for persona in ("operator", "supplier", "alarm_centre", "principal_admin"):
        assert_no_observation(outside.curl(path, outside.persona(persona).token))
        refused = outside.naractl("observation", "list", "--device", meter["id"], persona=persona)
        assert refused.stdout == "" and "FORBIDDEN" in refused.stderr
    assert outside.curl(path)[0] == 401
    assert outside.curl(path, "guessed")[0] == 401


def list_observations(grpc_client, client, device):
    try:
        return list(grpc_client.call(client, "broker", "ListObservations", device=device["id"]).observations)
    except grpc.RpcError as error:
        assert error.code() in (grpc.StatusCode.NOT_FOUND, grpc.StatusCode.PERMISSION_DENIED)
        return []


def assert_no_observation(answer):
    status, body = answer
    assert status in (200, 403, 404)
    assert body.get("observations", []) == []


def test_live_events_over_http_are_for_its_unit_alone(outside, meter, their_meter, stranger):
    with (
        outside.live_events(outside.persona("care_unit").token) as ours,
        outside.live_events(stranger.token) as theirs,
    ):
        send_until(outside, meter, lambda: any(meter["id"] in line for line in ours.seen))
        send_until(outside, their_meter, lambda: any(their_meter["id"] in line for line in theirs.seen))
        assert not any(meter["id"] in line for line in theirs.seen)
        assert not any(their_meter["id"] in line for line in ours.seen)
    assert outside.curl("/api/v1/stream")[0] == 401


def send_until(outside, device, seen):
    """One reading after the other, since nothing outside says when a live view has begun."""

    def send_and_look():
        outside.send(device, uplink(reading(), ref="again"))
        return seen()

    eventually(send_and_look, f"a reading of {device['id']} is seen live")


def test_what_is_sent_twice_is_there_once(outside, meter):
    twice = json.dumps({"epoch": "a1", "from": 1, "records": [reading(seq=1), reading(seq=2)]})
    assert outside.send(meter, twice)["through"] == 2
    assert outside.send(meter, twice)["through"] == 2
    outside.send(meter, json.dumps({"epoch": "a1", "from": 3, "records": [reading(seq=3)]}))
    eventually(lambda: len(outside.observations(meter)) >= 3, "all are in history")
    assert len(outside.observations(meter)) == 3


def test_a_product_that_is_only_data_sends_its_measurement_through(outside, pool):
    thermometer = pool("thermometer")
    receipt = outside.send(thermometer, uplink({"kind": "body_temperature", "values": {"temperature": 37.2}}))
    assert receipt == {"lane": "measurement", "through": 0}
    (seen,) = eventually(lambda: outside.observations(thermometer), "it is at the care unit")
    assert seen["product"] == "thermometer"
    assert values_of(seen) == {"temperature": "37.2"}
    receipt = outside.send(thermometer, uplink({"kind": "body_temperature", "values": {"temperature": 60}}))
    assert receipt["rejected"][0]["reason"] == "value_out_of_range"
    status, catalogue = outside.curl("/api/v1/catalogue", outside.persona("operator").token)
    assert status == 200
    assert "Kroppstemperatur" in json.dumps(catalogue, ensure_ascii=False)


# Alarms.


@pytest.fixture(scope="module", name="chains")
def _chains(outside):
    """Units whose first receiver is Gothenburg's alarm centre."""
    chains = {
        ONE_STEP: ["centre-1480=3600"],
        TWO_STEPS: ["centre-1480=1", "care-1480-1=3600"],
        REJECTING: ["centre-1480=3600", "care-1480-1=3600"],
    }
    for unit, steps in chains.items():
        outside.ask("unit", "put", unit, "--name", unit, "--provider", "hemsjukvard-1480")
        outside.ask("chain", "put", unit, *steps)


@pytest.fixture(scope="module", name="centre")
def _centre(outside, grpc_client, chains):
    """A person at the alarm centre; the simulated staff there knows of her and stays silent."""
    with (
        attend(outside, "alarm_centre") as screen,
        grpc_client.attend(outside.persona("alarm_centre"), "centre-1480", "sim-observer") as witness,
    ):
        witness.wait_for(lambda response: "anna" in response.heartbeat.operators, "she attends")
        yield screen


def attend(outside, persona):
    return outside.follow("alert", "attend", "--operator", "anna", persona=persona)


def dose(kind, episode, **more):
    return uplink({"kind": kind, "episode": episode, "values": {}, **more})


def miss(outside, device, episode="dose-1"):
    receipt = outside.send(device, dose("dose_missed", episode), "alarm/json")
    assert receipt == {"lane": "alarm", "through": 0}


def on_screen(screen, what, device):
    """The first offer or withdrawal of a device's alert that came to a screen, and why."""
    line = screen.wait_for(
        lambda line: (entry := json.loads(line)) and what in entry and entry[what]["device"] == device["id"],
        f"{what} of {device['id']}",
    )
    entry = json.loads(line)
    return entry[what], entry["reason"]


def actions(outside, alert):
    """What happened to it; when a screen had it is beside the order of these."""
    return [action for action in all_actions(outside, alert) if action != "delivered"]


def all_actions(outside, alert):
    return [entry["action"] for entry in outside.history(alert["id"])]


def test_a_missed_dose_is_offered_accepted_and_resolved(outside, centre):
    device = outside.provision("dosell-service", unit=ONE_STEP)[0]
    miss(outside, device)
    offer, _ = on_screen(centre, "offer", device)
    assert (offer["kind"], offer["episode"], offer["unit"]) == ("dose_missed", "dose-1", ONE_STEP)
    eventually(lambda: "delivered" in all_actions(outside, offer), "the router knows that it is on a screen")
    accepted = outside.ask("alert", "accept", offer["id"], "--operator", "anna")
    assert (accepted["state"], accepted["operator"]) == ("STATE_ACCEPTED", "anna")
    resolved = outside.ask("alert", "resolve", offer["id"], "--operator", "anna", "--reason", "took it late")
    assert resolved["state"] == "STATE_RESOLVED"
    assert actions(outside, offer) == ["raised", "offered", "accepted", "resolved"]
    assert [alert["state"] for alert in outside.alerts(device)] == ["STATE_RESOLVED"]
    refused = outside.naractl("alert", "accept", offer["id"])
    assert refused.returncode == 1 and "ALERT_ENDED" in refused.stderr


def test_when_nobody_accepts_the_second_step_gets_it(outside, centre):
    device = outside.provision("dosell-service", unit=TWO_STEPS)[0]
    with attend(outside, "care_unit") as second:
        miss(outside, device)
        on_screen(centre, "offer", device)
        withdrawn, reason = on_screen(centre, "withdrawal", device)
        assert reason == "accept_timeout"
        offer, _ = on_screen(second, "offer", device)
        assert offer["id"] == withdrawn["id"]
        outside.ask("alert", "accept", offer["id"], persona="care_unit")
        late = outside.naractl("alert", "accept", offer["id"])
        assert late.returncode == 1 and "ALERT_TAKEN" in late.stderr
        outside.ask("alert", "resolve", offer["id"], persona="care_unit")
    assert actions(outside, offer) == [
        "raised",
        "offered",
        "accept_timeout",
        "offered",
        "accepted",
        "resolved",
    ]


def test_a_reject_goes_to_the_second_step_at_once(outside, centre):
    device = outside.provision("dosell-service", unit=REJECTING)[0]
    with attend(outside, "care_unit") as second:
        miss(outside, device)
        offer, _ = on_screen(centre, "offer", device)
        outside.ask("alert", "reject", offer["id"], "--reason", "two others at once")
        again, _ = on_screen(second, "offer", device)
        assert again["id"] == offer["id"]
        outside.ask("alert", "accept", offer["id"], persona="care_unit")
        outside.ask("alert", "resolve", offer["id"], persona="care_unit")


def test_a_dose_taken_ends_the_alert_of_the_same_dose_only(outside, centre):
    device = outside.provision("dosell-service", unit=ONE_STEP)[0]
    miss(outside, device, "breakfast")
    offer, _ = on_screen(centre, "offer", device)
    outside.send(device, dose("dose_taken", "supper"), "alarm/json")
    miss(outside, device, "lunch")
    outside.send(device, dose("dose_taken", "breakfast"), "alarm/json")
    withdrawn, reason = on_screen(centre, "withdrawal", device)
    assert (withdrawn["id"], withdrawn["state"], reason) == (offer["id"], "STATE_CANCELLED", "dose_taken")
    states = {alert["episode"]: alert["state"] for alert in outside.alerts(device)}
    assert states["breakfast"] == "STATE_CANCELLED"
    assert states["lunch"] == "STATE_OFFERED"


def test_a_dose_taken_before_it_was_missed_disturbs_nobody(outside, centre):
    device = outside.provision("dosell-service", unit=ONE_STEP)[0]
    outside.send(device, dose("dose_taken", "early"), "alarm/json")
    miss(outside, device, "early")
    (alert,) = eventually(lambda: outside.alerts(device), "it is recorded")
    assert alert["state"] == "STATE_CANCELLED"
    assert "offered" not in actions(outside, alert)
    miss(outside, device, "late")
    offer, _ = on_screen(centre, "offer", device)
    assert offer["episode"] == "late"


def test_the_same_missed_dose_again_is_the_same_alert_and_a_test_is_none(outside, centre):
    device = outside.provision("dosell-service", unit=ONE_STEP)[0]
    outside.send(device, dose("dose_missed", "commissioning", test=True), "alarm/json")
    for sequence in (1, 2, 3):
        record = {"seq": sequence, "kind": "dose_missed", "episode": "once", "values": {}}
        outside.send(device, json.dumps({"epoch": "d1", "from": 1, "records": [record]}), "alarm/json")
    offer, _ = on_screen(centre, "offer", device)
    miss(outside, device, "last")
    eventually(lambda: len(outside.alerts(device)) > 1, "the last one is raised")
    assert sorted(alert["episode"] for alert in outside.alerts(device)) == ["last", "once"]
    assert actions(outside, offer).count("raised") == 1


def test_alerts_over_http_are_the_receivers_to_take(outside, centre, stranger):
    device = outside.provision("dosell-service", unit=ONE_STEP)[0]
    token = outside.persona("alarm_centre").token
    with outside.live_events(token) as live:
        live.wait_for(lambda line: line.startswith("event:"), "live events flow")
        miss(outside, device)
        event = live.wait_for(lambda line: line.startswith("data:") and device["id"] in line, "the alert comes live")
    alert = json.loads(event.removeprefix("data:"))
    path = f"/api/v1/alerts/{alert['id']}"
    post = ("-X", "POST", "-H", "Content-Type: application/json", "-d", '{"reason":"called"}')
    for token_of_another in (stranger.token, outside.persona("operator").token):
        assert outside.curl(f"{path}/accept", token_of_another, *post)[0] in (403, 404)
    assert outside.curl(path, stranger.token)[0] == 404
    assert outside.curl(f"{path}/accept", "", *post)[0] == 401
    assert outside.curl(f"{path}/accept", token, *post)[1]["state"] == "accepted"
    assert outside.curl(f"{path}/resolve", token, *post)[1]["state"] == "resolved"
    status, page = outside.curl(f"/api/v1/alerts?device={device['id']}", token)
    assert status == 200
    assert [entry["state"] for entry in page["alerts"]] == ["resolved"]


def test_the_fleet_over_http_counts_devices_and_names_nobody(outside):
    status, fleet = outside.curl("/api/v1/fleet", outside.persona("operator").token)
    assert status == 200
    assert len(fleet["principals"]) == 50
    assert sum(sum(principal["devices"].values()) for principal in fleet["principals"]) > 20
    assert "resident" not in json.dumps(fleet)
    status, document = outside.curl("/api/v1/openapi.json")
    assert status == 200 and document["openapi"].startswith("3.1")
