"""Revoked devices at a real mosquitto with the guard: the registry's part is played by whoever has its certificate."""

import json
import subprocess
import time

import pytest
from mqtt_clients import counters, publish, run, subscriber, wait_for_line
from private_servers import PrivateMqtt, topic

DEVICE = "bp-0001"
OTHER = "bp-0002"
CONNECTION_REFUSED = 5
LIST = "nara/v1/guard/revoked"


@pytest.fixture(name="mqtt")
def _mqtt():
    with PrivateMqtt() as server:
        yield server


def say(mqtt, text, name="nara-device-registry"):
    return publish(mqtt.as_service(name), LIST, payload=text)


def in_force(mqtt):
    reader = [*mqtt.as_service("nara-device-registry"), "-t", "nara/v1/guard/in_force", "-C", "1", "-W", "5"]
    return json.loads(run("mosquitto_sub", reader).stdout)


def serial_of(mqtt, device):
    command = ["openssl", "x509", "-noout", "-serial", "-in", mqtt.pki.cert(device)]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    return answer.stdout.strip().removeprefix("serial=").lower().rjust(32, "0")


def comes_in(mqtt, device):
    code = publish(mqtt.as_device(device), topic(device, "up")).returncode
    assert code in (0, CONNECTION_REFUSED)
    return code == 0


def open_session(mqtt, device):
    client = subscriber(mqtt.as_device(device), "-t", topic(device, "down"))
    wait_for_line(client, "Subscribed")
    return client


def test_an_open_session_is_closed_at_once_and_does_not_come_back(mqtt):
    before = counters(mqtt)["revoked"]
    with open_session(mqtt, DEVICE) as client, open_session(mqtt, OTHER) as other:
        began = time.monotonic()
        assert say(mqtt, f"7 1 1\ndevice {DEVICE}\n").returncode == 0
        client.communicate(timeout=10)  # mosquitto_sub tries again, and ends when it is not let in
        assert time.monotonic() - began < 10
        assert not comes_in(mqtt, DEVICE)
        assert other.poll() is None
        other.kill()
    assert comes_in(mqtt, OTHER)
    assert in_force(mqtt) == {"generation": 7, "devices": 1, "serials": 0}
    assert counters(mqtt)["revoked"] > before


def test_after_a_restart_it_is_still_refused_although_nobody_has_said_it_again(mqtt):
    say(mqtt, f"7 1 1\ndevice {DEVICE}\n")
    mqtt.restart()
    assert not comes_in(mqtt, DEVICE)
    assert comes_in(mqtt, OTHER)
    assert in_force(mqtt)["generation"] == 7


def test_the_end_of_a_revocation_lets_it_in_again(mqtt):
    say(mqtt, f"7 1 1\ndevice {DEVICE}\n")
    say(mqtt, "8 1 1\n")
    assert comes_in(mqtt, DEVICE)
    mqtt.restart()
    assert comes_in(mqtt, DEVICE)


def test_one_certificate_is_refused_and_the_device_comes_in_with_another(mqtt):
    assert comes_in(mqtt, DEVICE)
    with open_session(mqtt, DEVICE) as client:
        say(mqtt, f"7 1 1\nserial {serial_of(mqtt, DEVICE)}\n")
        client.communicate(timeout=10)
    assert not comes_in(mqtt, DEVICE)
    assert comes_in(mqtt, OTHER)
    assert publish(mqtt.as_plain(DEVICE), topic(DEVICE, "up")).returncode == 0


def test_a_revoked_device_has_no_password_either(mqtt):
    say(mqtt, f"7 1 1\ndevice {DEVICE}\n")
    assert publish(mqtt.as_plain(DEVICE), topic(DEVICE, "up")).returncode == CONNECTION_REFUSED


def test_a_list_that_is_not_complete_changes_nothing(mqtt):
    say(mqtt, f"7 1 2\ndevice {DEVICE}\n")
    assert comes_in(mqtt, DEVICE)
    say(mqtt, f"7 2 2\ndevice {OTHER}\n")
    assert not comes_in(mqtt, DEVICE)
    assert not comes_in(mqtt, OTHER)


@pytest.mark.parametrize(
    "text", ["", "7 1 1\ndevice nara-ingest\n", "7 1 1\n" + "x" * 60_000, "8 2 2\ndevice bp-0001\n"]
)
def test_nonsense_changes_nothing(mqtt, text):
    say(mqtt, f"6 1 1\ndevice {OTHER}\n")
    say(mqtt, text)
    assert mqtt.running()
    assert comes_in(mqtt, DEVICE)
    assert not comes_in(mqtt, OTHER)


def test_nobody_but_the_registry_says_who_is_revoked(mqtt):
    text = f"7 1 1\ndevice {OTHER}\n"
    for name in ("nara-ingest", "nara-admin"):
        say(mqtt, text, name)
    publish(mqtt.as_device(DEVICE), LIST, payload=text)
    publish(mqtt.as_plain(DEVICE), LIST, payload=text)
    assert comes_in(mqtt, OTHER)


def test_a_spoilt_file_does_not_keep_the_server_from_starting(mqtt):
    say(mqtt, f"7 1 1\ndevice {DEVICE}\n")
    with open(f"{mqtt.paths.data}/mosquitto/guard-revoked", "w", encoding="utf-8") as file:
        file.write("7 1 1\ndevice NOT")
    mqtt.restart()
    assert "is damaged" in mqtt.log()
    say(mqtt, f"7 1 1\ndevice {DEVICE}\n")
    assert not comes_in(mqtt, DEVICE)
