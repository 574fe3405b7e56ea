"""mosquitto's own clients at a private server, and what ingest sees there."""

import json
import subprocess
import time

REPORTS = "nara/v1/guard/refused/"
NOTICES = (REPORTS, "nara/v1/guard/two_places/", "nara/v1/guard/flood/")


def run(program, credentials, *arguments):
    return subprocess.run([program, *credentials, *arguments], capture_output=True, text=True, timeout=15, check=False)


def publish(credentials, to, *extra, payload="x"):
    return run("mosquitto_pub", credentials, "-t", to, "-m", payload, "-q", "1", *extra)


def subscriber(credentials, *arguments):
    """A mosquitto_sub that tells each step at once and ends by itself after some seconds without a message."""
    command = ["stdbuf", "-oL", "mosquitto_sub", "-d", *credentials, "-W", "15", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def wait_for_line(client, text):
    for line in client.stdout:
        if text in line:
            return line.strip()
    raise AssertionError(f"the client ended without {text!r}")


class Listener:
    """A subscription of ingest that is granted when the constructor returns."""

    def __init__(self, mqtt, pattern):
        credentials = mqtt.as_service("nara-ingest", "nara-listener")
        self._client = subscriber(credentials, "-t", pattern, "-q", "1", "-F", "MSG %t %p")
        wait_for_line(self._client, "Subscribed")

    def message(self):
        """The next message of a device, as topic and payload; fails when none comes."""
        while True:
            line = self._next()
            if not line.startswith("nara/v1/guard/"):
                return line

    def report(self):
        """What the guard tells next about a single refusal, without what all such topics begin with."""
        while True:
            line = self._next()
            if line.startswith(REPORTS):
                return line.removeprefix(REPORTS)

    def notice(self):
        """What the guard tells next about a single device, without what all such topics begin with."""
        while True:
            line = self._next()
            if line.startswith(NOTICES):
                return line.removeprefix("nara/v1/guard/")

    def _next(self):
        return wait_for_line(self._client, "MSG ")[4:]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._client.kill()
        self._client.wait()
        self._client.stdout.close()


def counters(mqtt):
    reader = [*mqtt.as_service("nara-admin"), "-t", "nara/v1/guard/refusals", "-C", "1", "-W", "5"]
    return json.loads(run("mosquitto_sub", reader).stdout)


def wait_for_count(mqtt, reason, more_than, seconds=5):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if counters(mqtt)[reason] > more_than:
            return
    raise AssertionError(f"{reason} did not grow: {counters(mqtt)}")
