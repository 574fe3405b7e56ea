"""A device that floods a real mosquitto: its messages are dropped, it is closed and stays out, and nobody else notices."""

import itertools
import subprocess
import time

import pytest
from mqtt_clients import Listener, counters, run, wait_for_count
from outside import eventually
from private_servers import PrivateMqtt, shard_of, topic
from raw_mqtt import CONNACK, DISCONNECT, PUBACK, connect, packet, publish

NUMBERS = itertools.count(1000)
ACCEPTED = 0
NOT_AUTHORISED = {4: 5, 5: 0x87}
NO_READER = 0x10  # what MQTT 5 says of a message that went nowhere
PING = packet(0xC0)
RATE, BURST, ALARMS = 20, 40, 10
CLOSE_AFTER, WAIT = 2, 2
LIMITS = {
    "flood_messages_per_second": RATE,
    "flood_messages_burst": BURST,
    "flood_alarms_per_second": 1,
    "flood_alarms_burst": ALARMS,
    "flood_bytes_per_second": 200_000,
    "flood_bytes_burst": 200_000,
    "flood_close_after_seconds": CLOSE_AFTER,
    "flood_wait_seconds": WAIT,
}


@pytest.fixture(scope="module", name="mqtt")
def _mqtt():
    with PrivateMqtt(LIMITS) as server:
        yield server


@pytest.fixture(name="device")
def _device():
    return f"bp-{next(NUMBERS)}"


def login(mqtt, device, version=4):
    """The connection and what the server says to it."""
    client = mqtt.raw_device(device)
    kind, body = client.ask(connect(device, version=version))
    assert kind == CONNACK
    return client, body[1]


def message(device, channel="up", qos=1, version=4, payload=b"x"):
    return publish(topic(device, channel), payload, qos=qos, properties=b"" if version == 5 else None)


def answer(client, data, qos=1):
    """What the server says to a publish; to one that it does not answer, that it is alive."""
    return client.ask(data if qos else data + PING)


def flood(client, device, qos=1, version=4, meanwhile=lambda: None):
    """Sends as fast as the server answers until it closes; how many messages were sent, for how long, and its last word."""
    began, sent = time.monotonic(), 0
    while True:
        last = answer(client, message(device, qos=qos, version=version), qos)
        sent += 1
        if last is None or last[0] == DISCONNECT:
            return sent, time.monotonic() - began, last
        meanwhile()


def as_ingest(device, channel="up"):
    return ["-c", "-q", "1", "-t", topic(device, channel)]


def delivered(mqtt, device, channel="up"):
    """How many messages of the device wait for ingest's durable session."""
    read = run(
        "mosquitto_sub", mqtt.as_service("nara-ingest", f"nara-{device}"), *as_ingest(device, channel), "-W", "2"
    )
    return len(read.stdout.splitlines())


def subscribe(mqtt, device, channel="up"):
    run("mosquitto_sub", mqtt.as_service("nara-ingest", f"nara-{device}"), *as_ingest(device, channel), "-E")


@pytest.mark.parametrize("version", [4, 5])
@pytest.mark.parametrize("qos", [0, 1])
def test_who_floods_is_closed_told_and_kept_out_for_a_while(mqtt, device, qos, version):
    before = counters(mqtt)
    subscribe(mqtt, device)
    with Listener(mqtt, "nara/v1/guard/flood/#") as ingest:
        client, _ = login(mqtt, device, version)
        with client:
            sent, seconds, last = flood(client, device, qos, version)
        closed = time.monotonic()
        assert seconds >= CLOSE_AFTER
        assert last == {4: None, 5: (DISCONNECT, b"\x80")}[version]
        assert login(mqtt, device, version)[1] == NOT_AUTHORISED[version]
        where, dropped = ingest.notice().split()
        assert where == f"flood/{shard_of(device)}/{device}"
    eventually(lambda: login(mqtt, device, version)[1] == ACCEPTED, "it may come in again")
    assert time.monotonic() - closed >= WAIT - 0.5
    passed = sent - int(dropped)
    assert BURST <= passed <= BURST + RATE * (seconds + 1)
    assert delivered(mqtt, device) == (passed if qos else 0)  # nothing of QoS 0 waits for a session that is away
    wait_for_count(mqtt, "over_rate", before["over_rate"] + int(dropped) - 2)
    wait_for_count(mqtt, "flood", before["flood"] + 1)
    assert f"guard: refused flood: client {device}" in mqtt.log()


def test_the_others_go_on_meanwhile(mqtt, device):
    other = f"{device}-other"
    subscribe(mqtt, other)
    sent = itertools.count()
    with login(mqtt, device)[0] as client, login(mqtt, other)[0] as good:

        def now_and_then():
            if next(sent) % 100 == 0 and time.monotonic() - now_and_then.last > 0.2:
                now_and_then.last = time.monotonic()
                now_and_then.taken += answer(good, message(other)) == (PUBACK, b"\0\1")

        now_and_then.last, now_and_then.taken = 0, 0
        flood(client, device, meanwhile=now_and_then)
    assert now_and_then.taken >= 5
    assert delivered(mqtt, other) == now_and_then.taken


def test_its_alarms_go_on_until_it_is_closed_and_are_limited_apart(mqtt, device):
    subscribe(mqtt, device, "alarm")
    with login(mqtt, device)[0] as client:
        for _ in range(10 * BURST):
            client.ask(message(device))
        for _ in range(ALARMS * 2):
            client.ask(message(device, "alarm"))
    assert ALARMS <= delivered(mqtt, device, "alarm") <= ALARMS + 2


def test_bytes_are_limited_too(mqtt, device):
    subscribe(mqtt, device)
    with login(mqtt, device)[0] as client:
        for _ in range(BURST):
            client.ask(message(device, payload=b"x" * 50_000))
    assert 4 <= delivered(mqtt, device) < BURST // 2


def test_mqtt_5_says_that_what_was_dropped_went_nowhere(mqtt, device):
    subscribe(mqtt, device)
    with login(mqtt, device, 5)[0] as client:
        answers = [client.ask(message(device, version=5)) for _ in range(2 * BURST)]
    reasons = [body[2] if len(body) > 2 else 0 for _, body in answers]
    assert reasons[:BURST] == [0] * BURST
    assert reasons.count(NO_READER) == 2 * BURST - delivered(mqtt, device)


def test_nobody_reads_what_was_dropped(mqtt, device):
    for who, pattern in (("nara-ingest", "drop/#"), ("nara-admin", "drop/#"), ("nara-ingest", "#")):
        refused = run("mosquitto_sub", mqtt.as_service(who, f"{who}-x"), "-t", pattern, "-C", "1", "-W", "1")
        assert "denied" in refused.stderr


def test_a_short_burst_above_the_limit_closes_nothing(mqtt, device):
    with login(mqtt, device)[0] as client:
        for _ in range(5 * BURST):
            assert answer(client, message(device)) is not None
        time.sleep(CLOSE_AFTER)
        assert answer(client, message(device)) is not None


@pytest.mark.parametrize(
    "option, value", [("flood_messages_per_second", "0"), ("flood_bytes_burst", "1000"), ("flood_devices", "x")]
)
def test_a_limit_that_is_none_is_told_and_the_server_does_not_start(option, value):
    server = PrivateMqtt({option: value})
    with pytest.raises(Exception):
        server.__enter__()
    try:
        assert f"guard: plugin_opt_{option}: no such limit" in server.log()
    finally:
        server.__exit__()


def test_who_sends_a_backlog_is_not_hurt():
    """As deployed: 10,000 messages after a lost network."""
    device = "bp-2000"
    with PrivateMqtt() as mqtt:
        subscribe(mqtt, device)
        before = counters(mqtt)["over_rate"]
        lines = "".join(f"{number}\n" for number in range(10_000))
        command = ["mosquitto_pub", *mqtt.as_device(device), "-t", topic(device, "up"), "-q", "1", "-l"]
        subprocess.run(command, input=lines.encode(), timeout=60, check=True)
        session = [*mqtt.as_service("nara-ingest", f"nara-{device}"), *as_ingest(device), "-C", "10000", "-W", "30"]
        assert run("mosquitto_sub", session).stdout == lines
        assert counters(mqtt)["over_rate"] == before == 0
