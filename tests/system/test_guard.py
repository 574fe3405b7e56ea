"""The guard inside a real mosquitto, tried by hostile clients."""

import itertools
import signal
import subprocess
import time

import pytest
from mqtt_clients import Listener, counters, publish, run, subscriber, wait_for_count, wait_for_line
from outside import eventually
from private_servers import PrivateMqtt, shard_of, topic

DEVICE = "bp-0001"
OTHER = "bp-0002"
NUMBERS = itertools.count(1000)
CONNECTION_REFUSED = 5  # CONNACK return code "not authorised", which the mosquitto clients exit with


@pytest.fixture(scope="module", name="mqtt")
def _mqtt():
    with PrivateMqtt() as server:
        yield server


@pytest.fixture(name="device")
def _device():
    """An id that no other test uses: the guard tells of a device ten times a minute."""
    return f"bp-{next(NUMBERS)}"


def test_a_device_reaches_ingest_on_its_own_topics(mqtt):
    with Listener(mqtt, "nara/v1/+/+/#") as ingest:
        for channel in ("up", "alarm", "up/json", "alarm/json", "status"):
            assert publish(mqtt.as_device(DEVICE), topic(DEVICE, channel), payload=channel).returncode == 0
            assert ingest.message() == f"{topic(DEVICE, channel)} {channel}"


def test_a_device_reads_its_receipts(mqtt):
    own = topic(DEVICE, "receipt")
    device = subscriber(mqtt.as_device(DEVICE), "-t", own, "-C", "1", "-q", "1")
    wait_for_line(device, "Subscribed")
    assert publish(mqtt.as_service("nara-ingest"), own, payload="durable").returncode == 0
    assert "durable" in device.communicate(timeout=10)[0]


def next_shard(device):
    return f"{(int(shard_of(device)) + 1) % 16:02d}"


DENIED = {
    "another device's topic": (lambda device: topic(OTHER, "up"), "other_device"),
    "another device's alarm": (lambda device: topic(OTHER, "alarm"), "other_device"),
    "a wrong shard": (lambda device: topic(device, "up", shard=next_shard(device)), "wrong_shard"),
    "a forged receipt": (lambda device: topic(device, "receipt"), "topic"),
    "a channel that is not there": (lambda device: topic(device, "up/xml"), "topic"),
    "elsewhere": (lambda device: "elsewhere", "topic"),
}


@pytest.mark.parametrize("where, reason", DENIED.values(), ids=DENIED.keys())
def test_a_foreign_topic_closes_the_connection_and_the_reason_comes_as_a_receipt(mqtt, device, where, reason):
    before = counters(mqtt)[reason]
    session = mqtt.as_device(device)
    durable = ["-c", "-q", "1", "-t", topic(device, "receipt")]
    run("mosquitto_sub", session, *durable, "-E")
    with Listener(mqtt, "nara/v1/#") as ingest:
        repeat = ["--repeat", "2", "--repeat-delay", "1"]
        refused = run("mosquitto_pub", session, "-c", "-t", where(device), "-m", "bad", "-q", "1", *repeat)
        assert "connection was lost" in refused.stderr
        lane = "alarm" if where(device).endswith("alarm") else "measurement"
        assert ingest.report() == f"{lane}/{shard_of(device)}/{device}/publish/{reason} bad"
        receipt = run("mosquitto_sub", session, *durable, "-C", "1", "-W", "5").stdout
        assert "topic_denied" in receipt and reason in receipt
        assert publish(session, topic(device, "up"), payload="good").returncode == 0
        assert ingest.message() == f"{topic(device, 'up')} good"  # and nothing before it
    wait_for_count(mqtt, reason, before)


def test_mqtt_5_names_the_refusal_in_the_acknowledgement(mqtt):
    answer = publish(mqtt.as_device(DEVICE), topic(OTHER, "up"), "-V", "5", "-d")
    assert "RC:135" in answer.stdout.replace(" ", "") or "Not authorized" in answer.stdout + answer.stderr


@pytest.mark.parametrize("pattern", ["nara/v1/#", "#", "+/+/+/+/+", f"nara/v1/+/{DEVICE}/receipt", "$SYS/#"])
def test_a_wildcard_by_a_device_is_not_granted(mqtt, device, pattern):
    before = counters(mqtt)["wildcard"]
    with Listener(mqtt, "nara/v1/guard/refused/#") as ingest:
        answer = run("mosquitto_sub", mqtt.as_device(device), "-t", pattern, "-C", "1", "-W", "2")
        assert "All subscription requests were denied" in answer.stderr
        assert ingest.report() == f"measurement/{shard_of(device)}/{device}/subscribe/wildcard {pattern}"
    wait_for_count(mqtt, "wildcard", before)


def test_a_device_cannot_listen_to_another(mqtt):
    for pattern in (topic(OTHER, "receipt"), topic(OTHER, "up"), topic(DEVICE, "up")):
        answer = run("mosquitto_sub", mqtt.as_device(DEVICE), "-t", pattern, "-C", "1", "-W", "2")
        assert "All subscription requests were denied" in answer.stderr


def test_a_retained_message_is_refused(mqtt):
    before = counters(mqtt)["retained"]
    publish(mqtt.as_device(DEVICE), topic(DEVICE, "status"), "-r")
    wait_for_count(mqtt, "retained", before)
    late = run("mosquitto_sub", mqtt.as_service("nara-ingest"), "-t", topic(DEVICE, "status"), "-C", "1", "-W", "1")
    assert late.stdout == ""


def test_the_client_id_is_the_device(mqtt):
    before = counters(mqtt)["client_id"]
    assert publish(mqtt.as_device(DEVICE, client_id=OTHER), topic(DEVICE, "up")).returncode == CONNECTION_REFUSED
    wait_for_count(mqtt, "client_id", before)


def test_a_stolen_client_id_does_not_end_the_session_of_its_owner(mqtt):
    with subscriber(mqtt.as_device(DEVICE), "-t", topic(DEVICE, "down"), "-C", "1") as device:
        wait_for_line(device, "Subscribed")
        publish(mqtt.as_device(OTHER, client_id=DEVICE), topic(OTHER, "up"))
        publish(mqtt.as_service("nara-ingest"), topic(DEVICE, "down"), payload="still here")
        assert "still here" in device.communicate(timeout=10)[0]


def from_address(mqtt, device, address):
    """A client that comes back when its session is taken over, as mosquitto's own do."""
    client = subscriber(mqtt.as_device(device), "-A", address, "-t", topic(device, "down"))
    wait_for_line(client, "Subscribed")
    return client


def test_two_who_share_an_identity_are_told(mqtt, device):
    with Listener(mqtt, "nara/v1/guard/two_places/#") as ingest:
        with from_address(mqtt, device, "127.0.0.1") as one, from_address(mqtt, device, "127.0.7.1") as two:
            told = ingest.notice()
            one.kill()
            two.kill()
    where, networks = told.split(" ", 1)
    assert where == f"two_places/{shard_of(device)}/{device}"
    assert sorted(networks.split()) == ["127.0.0.0/24", "127.0.7.0/24"]
    assert f"guard: used from two places: client {device}" in mqtt.log()


def test_a_device_that_changes_its_network_is_not(mqtt, device):
    with Listener(mqtt, "nara/v1/guard/#") as ingest:
        for address in ("127.0.0.1", "127.0.7.1", "127.0.8.1", "127.0.7.1"):
            publish(mqtt.as_device(device), topic(device, "up"), "-A", address)
        with from_address(mqtt, device, "127.0.0.1") as old:
            old.send_signal(signal.SIGSTOP)  # its connection is gone, and the server does not know
            for address in ("127.0.7.1", "127.0.0.1"):
                publish(mqtt.as_device(device), topic(device, "up"), "-A", address)
            old.kill()
        publish(mqtt.as_device(device), topic(OTHER, "up"))
        assert ingest.notice().startswith("refused/")


def test_a_common_name_that_is_no_device_id_is_refused(mqtt):
    assert publish(mqtt.as_device("NOT-A-DEVICE"), "nara/v1/00/NOT-A-DEVICE/up").returncode == CONNECTION_REFUSED


def die_with_will(mqtt, device, will):
    """Ends a client so hard that the server sends its will."""
    client = subscriber(
        mqtt.as_device(device), "-t", topic(device, "down"), "--will-topic", will, "--will-payload", "gone"
    )
    wait_for_line(client, "Subscribed")
    client.kill()
    client.communicate()


def test_a_will_on_the_own_status_topic_is_sent(mqtt):
    with Listener(mqtt, "nara/v1/+/+/status") as ingest:
        die_with_will(mqtt, DEVICE, topic(DEVICE, "status"))
        assert ingest.message() == f"{topic(DEVICE, 'status')} gone"


@pytest.mark.parametrize("whose, channel", [("other", "status"), ("own", "alarm"), ("own", "receipt")])
def test_any_other_will_is_dropped_and_counted(mqtt, device, whose, channel):
    before = counters(mqtt)["will"]
    with Listener(mqtt, "nara/v1/#") as ingest:
        die_with_will(mqtt, device, topic(device if whose == "own" else OTHER, channel))
        wait_for_count(mqtt, "will", before)
        lane = "alarm" if channel == "alarm" else "measurement"
        assert ingest.report() == f"{lane}/{shard_of(device)}/{device}/will/will gone"
        publish(mqtt.as_device(OTHER), topic(OTHER, "up"), payload="next")
        assert ingest.message() == f"{topic(OTHER, 'up')} next"


def test_the_plain_listener_takes_the_derived_password(mqtt):
    with Listener(mqtt, "nara/v1/+/+/up/json") as ingest:
        assert publish(mqtt.as_plain(DEVICE), topic(DEVICE, "up/json"), payload="{}").returncode == 0
        assert ingest.message() == f"{topic(DEVICE, 'up/json')} {{}}"


def test_the_plain_listener_refuses_everything_else(mqtt):
    to = topic(DEVICE, "up")
    for password in ("", "wrong", mqtt.password(OTHER), mqtt.password(DEVICE).upper()):
        assert publish(mqtt.as_plain(DEVICE, password=password), to).returncode == CONNECTION_REFUSED
    assert publish(["-h", "127.0.0.1", "-p", str(mqtt.ports.mqtt_plain)], to).returncode == CONNECTION_REFUSED
    assert publish(mqtt.as_plain(DEVICE, client_id=OTHER), to).returncode == CONNECTION_REFUSED


def test_each_listener_has_its_own_authority(mqtt):
    service_to_devices = mqtt.as_service("nara-ingest", port=mqtt.ports.mqtt_devices)
    assert publish(service_to_devices, topic(DEVICE, "up")).returncode != 0
    mqtt.as_device(DEVICE)
    device_to_services = mqtt.as_service(DEVICE, port=mqtt.ports.mqtt_services)
    assert publish(device_to_services, topic(DEVICE, "up")).returncode != 0


def test_a_service_without_business_here_is_refused(mqtt):
    before = counters(mqtt)["service"]
    for service in ("nara-gateway", "nara-alert-router", "nara-mqtt", "operator-1"):
        assert publish(mqtt.as_service(service), topic(DEVICE, "down")).returncode == CONNECTION_REFUSED
    wait_for_count(mqtt, "service", before)


@pytest.mark.parametrize("pattern", ["#", "nara/v1/#", "nara/v1/+/+/up/json", "nara/v1/guard/refused/#"])
def test_the_administrator_sees_no_devices_data(mqtt, pattern):
    answer = run("mosquitto_sub", mqtt.as_service("nara-admin"), "-t", pattern, "-C", "1", "-W", "2")
    assert "All subscription requests were denied" in answer.stderr


def test_nobody_but_ingest_takes_a_session_of_the_platform(mqtt):
    with subscriber(mqtt.as_service("nara-ingest", "nara-alarm-07"), "-t", "nara/v1/07/+/alarm", "-C", "1") as ingest:
        wait_for_line(ingest, "Subscribed")
        for thief in (mqtt.as_device("nara-alarm-07"), mqtt.as_service("nara-admin", "nara-alarm-07")):
            assert publish(thief, "elsewhere").returncode == CONNECTION_REFUSED
        assert publish(mqtt.as_service("nara-ingest", DEVICE), topic(DEVICE, "down")).returncode == CONNECTION_REFUSED
        assert shard_of("bp-0006") == "07"
        publish(mqtt.as_device("bp-0006"), topic("bp-0006", "alarm"), payload="still here")
        assert "still here" in ingest.communicate(timeout=10)[0]


def test_what_is_told_is_bounded_and_what_is_cut_is_counted(mqtt, device):
    before = counters(mqtt)["cut"]
    with Listener(mqtt, "nara/v1/guard/refused/#") as ingest:
        for number in range(15):
            publish(mqtt.as_device(device), topic(OTHER, "up"), payload=str(number))
        wait_for_count(mqtt, "cut", before + 4)
        publish(mqtt.as_device(OTHER), topic(device, "alarm"), payload="y" * 5000)
        told = [ingest.report() for _ in range(11)]
    assert told[:10] == [f"measurement/{shard_of(device)}/{device}/publish/other_device {n}" for n in range(10)]
    assert told[10] == f"alarm/{shard_of(OTHER)}/{OTHER}/publish/other_device {'y' * 4096}"


def test_what_is_told_waits_for_ingest(mqtt, device):
    session = [*mqtt.as_service("nara-ingest", "nara-away"), "-c", "-q", "1", "-t", "nara/v1/guard/refused/#"]
    run("mosquitto_sub", session, "-E")
    publish(mqtt.as_device(device), topic(OTHER, "alarm"), payload="while it was away")
    assert run("mosquitto_sub", session, "-C", "1", "-W", "5").stdout == "while it was away\n"


def test_ingest_does_not_speak_for_devices(mqtt):
    before = counters(mqtt)["topic"]
    with Listener(mqtt, "nara/v1/+/+/up") as ingest:
        publish(mqtt.as_service("nara-ingest"), topic(DEVICE, "up"), payload="forged")
        publish(mqtt.as_device(DEVICE), topic(DEVICE, "up"), payload="true")
        assert ingest.message() == f"{topic(DEVICE, 'up')} true"
    wait_for_count(mqtt, "topic", before)


def test_a_packet_above_the_limit_closes_the_connection_and_the_next_passes(mqtt):
    with Listener(mqtt, "nara/v1/+/+/up") as ingest:
        assert publish(mqtt.as_device(DEVICE), topic(DEVICE, "up"), payload="x" * 70_000).returncode == 0
        assert len(ingest.message()) > 70_000
        subprocess.run(
            ["mosquitto_pub", *mqtt.as_device(DEVICE), "-t", topic(DEVICE, "up"), "-s", "-q", "1"],
            input=b"y" * 140_000, capture_output=True, timeout=15, check=False,
        )  # fmt: skip
        assert publish(mqtt.as_device(DEVICE), topic(DEVICE, "up"), payload="next").returncode == 0
        assert ingest.message() == f"{topic(DEVICE, 'up')} next"


def test_refusals_are_logged_without_flooding(mqtt, device):
    """At most one line a second and reason, however many there are."""
    patterns = [part for number in range(50) for part in ("-t", f"{number}/#")]
    before, began = counters(mqtt)["wildcard"], time.monotonic()

    def try_again_and_look():
        run("mosquitto_sub", mqtt.as_device(device), *patterns)
        return [line for line in mqtt.log().splitlines() if f"guard: refused wildcard: client {device}" in line]

    lines = eventually(try_again_and_look, "a refusal is logged")
    assert len(lines) <= 1 + time.monotonic() - began
    wait_for_count(mqtt, "wildcard", before + 49)
