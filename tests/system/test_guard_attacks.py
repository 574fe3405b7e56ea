"""mosquitto and the guard, attacked packet by packet: nothing ends the server, nothing gets through, and the next good message passes."""

import itertools
import os

import pytest
import raw_mqtt
from mqtt_clients import Listener, counters, wait_for_count
from private_servers import PrivateMqtt, shard_of, topic
from raw_mqtt import DISCONNECT, PUBACK, PUBREC, SUBACK, connect, packet, publish, subscribe, text, will

OTHER = "bp-0002"
NUMBERS = itertools.count(1000)
ACCEPTED = (raw_mqtt.CONNACK, b"\0\0")
NOT_AUTHORISED = (raw_mqtt.CONNACK, b"\0\5")
CONNECTS = 2000


@pytest.fixture(scope="module", name="mqtt")
def _mqtt():
    with PrivateMqtt() as server:
        yield server


@pytest.fixture(name="device")
def _device():
    return f"bp-{next(NUMBERS)}"


@pytest.fixture(autouse=True)
def _unharmed(mqtt):
    """Whatever a test does, the server lives through it and takes the next good message."""
    pid = mqtt.pid
    yield
    with mqtt.raw_device("bp-0003") as good:
        assert good.ask(connect("bp-0003")) == ACCEPTED
        assert good.ask(publish(topic("bp-0003", "up"), mid=7)) == (PUBACK, b"\0\7")
    assert mqtt.running() and mqtt.pid == pid


def logged_in(mqtt, device, **how):
    client = mqtt.raw_device(device)
    assert client.ask(connect(device, **how))[1][1] == 0
    return client


def own(channel="up"):
    """A topic in which {device} and {shard} are filled in by the test."""
    return f"nara/v1/{{shard}}/{{device}}/{channel}"


def filled(pattern, device):
    return pattern.format(device=device, shard=shard_of(device))


MALFORMED = {
    "a publish to a wildcard": publish("nara/v1/+/x/up"),
    "a publish to everything": publish("#"),
    "a publish to an empty topic": publish(""),
    "a topic that is not UTF-8": publish(b"nara/v1/\xff\xfe"),
    "a topic with a surrogate": publish(b"nara/v1/\xed\xa0\x80"),
    "a topic in overlong UTF-8": publish(b"nara\xc0\xafv1"),
    "a topic with a zero": publish(b"nara/v1/\0/up"),
    "a topic with an escape": publish(b"nara/v1/\x1b[2J"),
    "a topic with a line's end": publish("nara/v1\nforged: log"),
    "65,535 slashes": publish("/" * 65_535),
    "QoS 3": packet(0x36, text("nara") + b"\0\1x"),
    "a packet id of 0": publish("nara", mid=0),
    "a filter that is not UTF-8": subscribe(b"\xff"),
    "a filter with an escape": subscribe(b"\x1b[2J"),
    "an empty filter": subscribe(""),
    "a filter with text behind a #": subscribe("nara/#/x"),
    "a filter with half a wildcard": subscribe("nara/v+/x"),
    "a filter of 65,535 slashes": subscribe("/" * 65_535),
    "a subscription with QoS 3": subscribe("nara", qos=3),
    "a subscription without a filter": packet(0x82, b"\0\1"),
    "a second CONNECT": connect("bp-0001"),
    "a server's packet": packet(0x20, b"\0\0"),
    "packet type 0": packet(0),
    "a length of five bytes": b"\x32\xff\xff\xff\xff\x7f",
    "a length of 256 MB": b"\x32\xff\xff\xff\x7f",
    "a text longer than its packet": packet(0x32, b"\0\x40nara"),
    "140,000 bytes": packet(0x32, b"x" * 140_000),
}


@pytest.mark.parametrize("data", MALFORMED.values(), ids=MALFORMED.keys())
def test_what_mqtt_does_not_allow_closes_the_connection(mqtt, device, data):
    with Listener(mqtt, "nara/v1/+/+/#") as ingest, logged_in(mqtt, device) as client:
        assert client.send(data).closed()
        with logged_in(mqtt, device) as again:
            again.send(publish(topic(device, "up"), b"next"))
            assert ingest.message() == f"{topic(device, 'up')} next"


MALFORMED_5 = {
    "a topic alias of 0": publish("nara", properties=b"\x23\0\0"),
    "a topic alias above the limit": publish("nara", properties=b"\x23\xff\xff"),
    "a topic alias that was never set": publish("", properties=b"\x23\0\1"),
    "a subscription identifier of 0": subscribe("nara", properties=b"\x0b\0"),
    "a property that is not there": publish("nara", properties=b"\x7f\0"),
    "properties longer than the packet": packet(0x32, text("nara") + b"\0\1\xff\x7f"),
    "a session that lives longer than it was opened for": packet(DISCONNECT, b"\0\5\x11\xff\xff\xff\xff"),
    "an authentication in the middle": packet(0xF0, b"\x19\3\x15" + text("X")),
}


@pytest.mark.parametrize("data", MALFORMED_5.values(), ids=MALFORMED_5.keys())
def test_what_mqtt_5_does_not_allow_closes_the_connection(mqtt, device, data):
    with logged_in(mqtt, device, version=5) as client:
        assert client.send(data).closed()


FILTERS = [
    "#", "/#", "+", "+/+/+/+/+", "+/v1/{shard}/{device}/receipt", "nara/+/{shard}/{device}/receipt",
    "nara/v1/+/{device}/receipt", "nara/v1/{shard}/+/receipt", own("+"), own("#"), own("receipt/#"), "nara/#", "nara/v1/#",
    "nara/v1/{shard}/#", "$SYS/#", "$SYS/broker/clients/total", "$CONTROL/#", "$CONTROL/dynamic-security/v1",
    "$share/g/#", "$share/g/nara/v1/#", "$share/g/" + own("receipt"), "$share//x", "$share/g", "$share",
    "/", "//", "nara//", "/" + own("receipt"), own("receipt/"), "nara/v1//{device}/receipt", "nara/v1/{shard}//receipt",
    own("RECEIPT"), "NARA/v1/{shard}/{device}/receipt", own("up"), own("alarm"), own("status"), topic(OTHER, "receipt"),
    topic(OTHER, "down"), "nara/v1/guard/refusals", "nara/v1/guard/refused/alarm/{shard}/{device}/publish/topic",
    "a" * 65_535, "/".join("a" * 201),
]  # fmt: skip


@pytest.mark.parametrize("version, denied", [(4, 0x80), (5, 0x87)])
def test_no_filter_but_the_own_two_is_granted(mqtt, device, version, denied):
    properties = b"" if version == 5 else None
    head = b"\0\1\0" if version == 5 else b"\0\1"
    with logged_in(mqtt, device, version=version) as client:
        for pattern in FILTERS:
            answer = client.ask(subscribe(filled(pattern, device), properties=properties))
            assert answer == (SUBACK, head + bytes([denied])), pattern[:80]
        for channel in ("receipt", "down"):
            assert client.ask(subscribe(topic(device, channel), properties=properties)) == (SUBACK, head + b"\1")


TOPICS = [
    "$CONTROL/dynamic-security/v1", "/", "/" + own(), own("up/"), own("up/json/"), "nara/v1//{device}/up",
    "nara/v1/{shard}//up", own("UP"), own("receipt"), own("down"), topic(OTHER, "up"), topic(OTHER, "alarm/json"),
    topic(OTHER, "receipt"), "nara/v1/guard/refusals", "nara/v1/guard/refused/alarm/{shard}/{device}/publish/topic",
    "nara/v1/guard/{device}/up", "nara/v1/0/{device}/up", "nara/v1/99/{device}/up", "a" * 65_535, own("up/" + "a" * 65_000),
    "/".join("a" * 201),
]  # fmt: skip


@pytest.mark.parametrize("pattern", TOPICS, ids=[pattern[:40] for pattern in TOPICS])
def test_no_topic_but_the_own_five_is_written(mqtt, device, pattern):
    with Listener(mqtt, "nara/v1/#") as ingest, logged_in(mqtt, device) as client:
        assert client.send(publish(filled(pattern, device), b"bad")).closed()
        assert f"/{device}/publish/" in ingest.report()
        with logged_in(mqtt, device) as again:
            again.send(publish(topic(device, "up"), b"next"))
            assert ingest.message() == f"{topic(device, 'up')} next"


@pytest.mark.parametrize("pattern", ["$SYS/broker/uptime", "$share/g/" + own()])
def test_what_belongs_to_the_server_is_refused_by_itself(mqtt, device, pattern):
    with Listener(mqtt, "nara/v1/+/+/#") as ingest, logged_in(mqtt, device) as client:
        assert client.send(publish(filled(pattern, device), b"bad")).closed()
        with logged_in(mqtt, device) as again:
            again.send(publish(topic(device, "up"), b"next"))
            assert ingest.message() == f"{topic(device, 'up')} next"


def test_a_refused_publish_with_qos_2_is_never_delivered(mqtt, device):
    with Listener(mqtt, "nara/v1/+/+/#") as ingest:
        with logged_in(mqtt, device, version=5) as client:
            assert client.ask(publish(topic(OTHER, "up"), b"bad", qos=2, properties=b"")) == (PUBREC, b"\0\1\x87")
            client.send(packet(0x62, b"\0\1"))  # PUBREL all the same
        with logged_in(mqtt, device) as again:
            assert again.ask(publish(topic(device, "up"), b"good", qos=2)) == (PUBREC, b"\0\1")
            again.ask(packet(0x62, b"\0\1"))
            assert ingest.message() == f"{topic(device, 'up')} good"


def test_a_refused_publish_with_qos_0_closes_the_connection(mqtt, device):
    before = counters(mqtt)["other_device"]
    with logged_in(mqtt, device) as client:
        assert client.send(publish(topic(OTHER, "up"), qos=0)).closed()
    wait_for_count(mqtt, "other_device", before)


def test_a_topic_alias_hides_no_topic(mqtt, device):
    alias = b"\x23\0\1"
    with Listener(mqtt, "nara/v1/+/+/#") as ingest:
        with logged_in(mqtt, device, version=5) as client:
            assert client.ask(publish(topic(OTHER, "up"), b"bad", properties=alias)) == (PUBACK, b"\0\1\x87")
            assert client.send(publish("", b"bad", properties=alias)).closed()
        with logged_in(mqtt, device, version=5) as client:
            client.ask(publish(topic(device, "up"), b"by name", properties=alias))
            client.ask(publish("", b"by alias", properties=alias, mid=2))
            assert ingest.message() == f"{topic(device, 'up')} by name"
            assert ingest.message() == f"{topic(device, 'up')} by alias"


HARMLESS = {
    "a wildcard to answer to": b"\x08" + text("nara/#"),
    "somebody else to answer to": b"\x08" + text(topic(OTHER, "down")),
    "60,000 bytes of a property": b"\x26" + text("k") + text("v" * 60_000),
    "text that is none": b"\x01\x01",
}


@pytest.mark.parametrize("properties", HARMLESS.values(), ids=HARMLESS.keys())
def test_what_a_publish_says_beside_its_topic_changes_nothing(mqtt, device, properties):
    with Listener(mqtt, "nara/v1/+/+/#") as ingest, logged_in(mqtt, device, version=5) as client:
        client.ask(publish(topic(device, "up"), b"good", properties=properties))
        assert ingest.message() == f"{topic(device, 'up')} good"


WILLS = {
    "for another device": lambda device: {"last_will": will(topic(OTHER, "status"))},
    "an alarm of its own": lambda device: {"last_will": will(topic(device, "alarm"))},
    "an alarm of its own, later": lambda device: {"version": 5, "last_will": will(topic(device, "alarm"), delay=1)},
    "an alarm of its own, from a session that is kept": lambda device: {
        "version": 5,
        "properties": b"\x11\0\0\0\x3c",
        "last_will": will(topic(device, "alarm"), delay=1),
    },
    "a status that is retained": lambda device: {"last_will": will(topic(device, "status"), retain=True)},
    "to its own receipt": lambda device: {"last_will": will(topic(device, "receipt"))},
}


@pytest.mark.parametrize("connection", WILLS.values(), ids=WILLS.keys())
def test_a_last_will_that_is_not_allowed_is_told_and_not_sent(mqtt, device, connection):
    with Listener(mqtt, "nara/v1/#") as ingest:
        logged_in(mqtt, device, **connection(device)).close()
        assert ingest.report().endswith(f"/{device}/will/will gone")
        with logged_in(mqtt, device) as again:
            again.send(publish(topic(device, "up"), b"next"))
            assert ingest.message() == f"{topic(device, 'up')} next"


def test_a_last_will_of_a_connection_that_is_replaced_is_one_too(mqtt, device):
    with Listener(mqtt, "nara/v1/#") as ingest:
        with logged_in(mqtt, device, last_will=will(topic(device, "alarm"))) as first, logged_in(
            mqtt, device
        ) as second:
            assert first.closed()
            assert ingest.report() == f"alarm/{shard_of(device)}/{device}/will/will gone"
            second.send(publish(topic(device, "up"), b"from the second"))
            assert ingest.message() == f"{topic(device, 'up')} from the second"


@pytest.mark.parametrize("qos", [0, 1, 2])
def test_the_own_status_is_a_last_will(mqtt, device, qos):
    with Listener(mqtt, "nara/v1/+/+/status") as ingest:
        logged_in(mqtt, device, last_will=will(topic(device, "status"), qos=qos)).close()
        assert ingest.message() == f"{topic(device, 'status')} gone"


def test_a_reload_of_the_server_forgets_no_connection(mqtt, device):
    with Listener(mqtt, "nara/v1/+/+/#") as ingest, logged_in(mqtt, device) as client:
        mqtt.reload()
        client.send(publish(topic(device, "up"), b"after the reload"))
        assert ingest.message() == f"{topic(device, 'up')} after the reload"


LOGINS = {
    "another client id": lambda device: connect(OTHER),
    "an empty client id": lambda device: connect(""),
    "an empty client id of MQTT 5": lambda device: connect("", version=5),
    "its id in capitals": lambda device: connect(device.upper()),
    "a session of the platform": lambda device: connect("nara-alarm-07", clean=False),
    "a client id of 65,535 bytes": lambda device: connect("a" * 65_535),
}


@pytest.mark.parametrize("login", LOGINS.values(), ids=LOGINS.keys())
def test_a_device_comes_in_under_its_own_id_only(mqtt, device, login):
    before = counters(mqtt)["client_id"]
    with mqtt.raw_device(device) as client:
        assert client.ask(login(device))[1][1] in (5, 0x87)
    wait_for_count(mqtt, "client_id", before)


def test_a_user_name_beside_a_certificate_says_nothing(mqtt, device):
    with mqtt.raw_device(device) as client:
        assert client.ask(connect(device, user=OTHER, password=mqtt.password(OTHER))) == ACCEPTED
        assert client.send(publish(topic(OTHER, "up"))).closed()


def test_a_session_is_inherited_by_its_own_device_only(mqtt, device):
    with Listener(mqtt, "nara/v1/+/+/#"), logged_in(mqtt, device, clean=False) as owner:
        owner.ask(subscribe(topic(device, "down")))
        with mqtt.raw_device(OTHER) as thief:
            assert thief.ask(connect(device, clean=False)) == NOT_AUTHORISED
        assert owner.ask(publish(topic(device, "up"), mid=9)) == (PUBACK, b"\0\x09")  # it has not been thrown out


SUBJECTS = {
    "two names": "/CN=bp-0001/CN=bp-0002",
    "no name": "/O=Nara",
    "capitals": "/CN=BP-0001",
    "a topic": "/CN=bp-0001\\/alarm",
    "a wildcard": "/CN=+",
    "64 characters": "/CN=" + "a" * 64,
    "a service": "/CN=nara-ingest",
}


@pytest.mark.parametrize("subject", SUBJECTS.values(), ids=SUBJECTS.keys())
def test_a_certificate_that_is_no_device_id_opens_nothing(mqtt, device, subject):
    before = counters(mqtt)["device_id"]
    for client_id in ("bp-0001", "nara-ingest"):
        with mqtt.raw_device(device, subject) as client:
            assert client.ask(connect(client_id)) == NOT_AUTHORISED
    wait_for_count(mqtt, "device_id", before + 1)


def test_the_listener_without_tls_is_no_way_around(mqtt, device):
    before = counters(mqtt)["password"]
    for how in (
        {},
        {"user": device},
        {"user": device, "password": "wrong"},
        {"user": device, "password": b"\xff" * 60_000},
    ):
        with mqtt.raw_plain() as client:
            answer = client.ask(connect(device, **how))
            assert answer in (NOT_AUTHORISED, None)
    for method in ("SCRAM-SHA-256", ""):
        with mqtt.raw_plain() as client:
            answer = client.ask(connect(device, version=5, properties=b"\x15" + text(method)))
            assert answer is None or answer[1][1] in (0x87, 0x8C)
            assert client.send(publish(topic(device, "up"), properties=b"")).closed()
    with mqtt.raw_plain() as client:
        assert client.send(publish(topic(device, "up"))).closed()
    wait_for_count(mqtt, "password", before + 1)


GARBAGE = [
    b"",
    b"\x10",
    b"\x10\xff\xff\xff\x7f",
    connect("bp-0001")[:7],
    b"GET / HTTP/1.1\r\n\r\n",
    b"\0" * 50,
    os.urandom(50),
]


def test_two_thousand_connections_are_nothing(mqtt, device):
    before, logged = counters(mqtt)["password"], len(mqtt.log().splitlines())
    for number in range(CONNECTS):
        password = mqtt.password(device) if number % 2 else "wrong"
        with mqtt.raw_plain() as client:
            assert client.ask(connect(device, user=device, password=password)) == (
                ACCEPTED if number % 2 else NOT_AUTHORISED
            )
    for number in range(CONNECTS):
        with mqtt.raw_plain() as client:
            client.send(GARBAGE[number % len(GARBAGE)])
    wait_for_count(mqtt, "password", before + CONNECTS // 2 - 1)
    assert len(mqtt.log().splitlines()) - logged < CONNECTS // 4
