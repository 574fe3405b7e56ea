"""A device falls silent and comes back: who owns it is told of both, and of no silence that was ours."""

import os
import signal
import tempfile
import time
from contextlib import contextmanager

import pytest
from demo_stack import DemoStack, pid_of
from outside import Outside, eventually, make_root, uplink
from private_servers import ROOT

# Of the product in tests/data/presence, which is to speak each two seconds: late after 6, offline after 10.
SETTINGS = {
    "NARA_PRESENCE_JUDGE_EACH": "1s",
    "NARA_PRESENCE_LEAST_GRACE": "4s",
    "NARA_PRESENCE_RETURN_HOLD": "1s",
    "NARA_PRESENCE_SETTLE": "4s",
}
OFFLINE_SECONDS = 10
# Rounds of a second at each of the two lanes, at the judge, and at the router.
PATIENCE = 40


@contextmanager
def demo(**more):
    with tempfile.TemporaryDirectory(prefix="nara-root-") as folder:
        root = make_root(folder, ROOT, ROOT / "tests" / "data" / "presence")
        with DemoStack(root=root, environment={**SETTINGS, **more}) as stack:
            outside = Outside(stack)
            eventually(lambda: hears(outside), "ingest hears all shards", seconds=60)
            yield outside


@pytest.fixture(scope="module", name="outside")
def _outside():
    with demo() as outside:
        yield outside


def count(outside, presence):
    return outside.metric(outside.stack.ports.ingest_alarm_metrics, "nara_ingest_devices_count", presence=presence)


def hears(outside):
    deaf = outside.metric(outside.stack.ports.ingest_alarm_metrics, "nara_ingest_deaf_shards_count")
    return count(outside, "not_connected") > 0 and deaf == 0


def speak(outside, device):
    record = {"kind": "battery_level", "values": {"level": 80}}
    assert "rejected" not in outside.send(device, uplink(record))


def silences(outside):
    """The alerts about silence by the device that they tell of, their own and those that have joined."""
    told = {}
    for alert in outside.ask("alert", "list"):
        if alert["kind"] == "device_offline":
            joined = [entry for entry in outside.history(alert["id"]) if entry["action"] == "joined"]
            for device in (alert["device"], *(entry["reason"].split(",")[0] for entry in joined)):
                told.setdefault(device, []).append(alert)
    return told


def test_a_silent_device_is_an_alert_of_its_owner_that_ends_when_it_is_back(outside):
    device = outside.provision("beacon")[0]
    speak(outside, device)
    eventually(lambda: count(outside, "offline") == 1, "it is offline", seconds=PATIENCE)
    (alert,) = eventually(lambda: silences(outside).get(device["id"]), "it is missed")
    assert alert["unit"] == "care-1480-1"
    assert alert.get("resident", "") == ""

    def is_back():
        speak(outside, device)
        return count(outside, "offline") == 0

    eventually(is_back, "it is back", seconds=PATIENCE)
    history = eventually(lambda: ended(outside, alert), "its alert has ended")
    assert history[-1]["reason"] == "device_back"


def ended(outside, alert):
    history = outside.history(alert["id"])
    return history if history[-1]["action"] == "cancelled" else None


def test_many_silent_devices_are_one_alert_with_the_list(outside):
    devices = {device["id"]: device for device in outside.provision("beacon", count=8)}
    for device in devices.values():
        speak(outside, device)
    eventually(lambda: count(outside, "offline") >= len(devices), "all of them are offline", seconds=PATIENCE)
    told = eventually(lambda: (told := silences(outside)).keys() >= devices.keys() and told, "all of them are missed")
    assert len({alert["id"] for device in devices for alert in told[device]}) == 1


def test_while_the_other_lane_is_stopped_nobody_is_silent(outside):
    device = outside.provision("beacon")[0]
    speak(outside, device)
    with stopped(outside.stack, "ingest-measurement"):
        time.sleep(2 * OFFLINE_SECONDS)
        assert device["id"] not in silences(outside)
    speak(outside, device)
    before = count(outside, "offline")
    assert device["id"] not in silences(outside)
    eventually(lambda: count(outside, "offline") > before, "then its silence counts again", seconds=PATIENCE)
    eventually(lambda: device["id"] in silences(outside), "and it is missed")


def test_a_judge_that_dies_with_each_change_before_it_is_told_tells_it_once():
    with demo(NARA_CRASH_AT="presence_saved") as outside:
        device = outside.provision("beacon")[0]
        speak(outside, device)
        told = eventually(lambda: silences(outside).get(device["id"]), "it is missed", seconds=3 * PATIENCE)
        assert outside.stack.says().count("ingest-alarm was ended by SIGKILL") == 2, "late, and offline"
        assert len(told) == 1
        assert outside.history(told[0]["id"])[-1]["action"] != "joined"


@contextmanager
def stopped(stack, process):
    pid = pid_of(stack.state / "config" / f"{process}.yaml")
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)
