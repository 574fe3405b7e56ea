"""What the MQTT server says of itself, in the metrics of ingest's alarm lane; what it drops rings somebody."""

import subprocess

import pytest
from ingest_stack import IngestStack
from mqtt_clients import run
from outside import Outside, eventually
from pki import Pki
from private_servers import topic
from servers import Mosquitto

MESSAGES = 3000
KILOBYTE = "x" * 1000


def with_small_queues(render):
    """mosquitto.conf with room for a tenth of a megabyte in each session's queue."""

    def rendered(self, name):
        return render(self, name).replace("max_queued_bytes 67108864", "max_queued_bytes 100000")

    return rendered


@pytest.fixture(scope="module", name="stack")
def _stack():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Mosquitto, "_render", with_small_queues(Mosquitto._render))
        with IngestStack() as stack:
            yield stack


def metric(stack, name, **labels):
    return Outside.metric(None, stack.ports.ingest_alarm_metrics, name, **labels)


def test_the_servers_statistics_are_metrics(stack):
    for direction in ("received", "sent"):
        for what in ("publishes", "packets", "bytes"):
            name = f"nara_mqtt_{what}_total"
            eventually(lambda: metric(stack, name, direction=direction) > 0, f"{name} of what was {direction}")
    assert metric(stack, "nara_mqtt_clients_count", state="connected") >= 32
    assert metric(stack, "nara_mqtt_heap_bytes") > 0


def test_what_the_server_drops_is_counted_and_told(stack):
    assert metric(stack, "nara_mqtt_publishes_dropped_total") == 0
    device, password = stack.provision("bp-meter", 1).read_text().split()
    session = ["-h", "127.0.0.1", "-p", str(stack.ports.mqtt_services), "-i", "nara-away"]
    pki = Pki(stack.paths.pki)
    session += ["--cafile", pki.cert("ca"), "--cert", pki.cert("nara-ingest"), "--key", pki.key("nara-ingest")]
    run("mosquitto_sub", session, "-c", "-q", "1", "-t", topic(device, "up"), "-E")
    sender = ["mosquitto_pub", "-h", "127.0.0.1", "-p", str(stack.ports.mqtt_plain), "-i", device, "-u", device]
    command = [*sender, "-P", password, "-q", "1", "-t", topic(device, "up"), "-l"]
    subprocess.run(command, input=f"{KILOBYTE}\n" * MESSAGES, text=True, timeout=60, check=True)
    eventually(lambda: metric(stack, "nara_mqtt_publishes_dropped_total") > 0, "drops are counted")
    eventually(
        lambda: metric(stack, "nara_ingest_rejected_total", lane="alarm", reason="mqtt_dropped") == 1,
        "drops are told",
    )
