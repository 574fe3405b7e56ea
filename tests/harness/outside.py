"""A running demo as devices and people outside of it use it: mosquitto's clients, naractl, HTTP and a gRPC client of Python."""

import hashlib
import json
import pathlib
import re
import secrets
import subprocess
import threading
import time
import urllib.request
from dataclasses import dataclass

CALL_SECONDS = 20
CARE_UNIT = "care-1480-1"
CONNECTION_LOST = 7


def eventually(look, what, seconds=20):
    """The first true value that `look` returns."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if seen := look():
            return seen
        time.sleep(0.05)
    raise AssertionError(f"not within {seconds} s: {what}")


def reading(**more):
    """A record of a blood pressure, in JSON."""
    return {"kind": "blood_pressure", "values": {"systolic": 138, "diastolic": 84, "pulse": 71}, **more}


def uplink(*records, **more):
    return json.dumps({"records": records, **more})


class Lines:
    """A program that goes on, with the lines that it has printed so far; ends with the block."""

    def __init__(self, command, environment=None, stdin=subprocess.DEVNULL):
        self._process = subprocess.Popen(
            command,
            env=environment,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.seen = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.terminate()
        self.exit_code()
        self._process.stdout.close()

    def exit_code(self):
        """Waits for the end."""
        self._reader.join(CALL_SECONDS)
        return self._process.wait(CALL_SECONDS)

    def wait_for(self, condition, what, seconds=20):
        """The first line that fulfils the condition."""
        return eventually(lambda: next((line for line in list(self.seen) if condition(line)), None), what, seconds)

    def _read(self):
        for line in self._process.stdout:
            self.seen.append(line.rstrip("\n"))


@dataclass(frozen=True)
class Client:
    """Somebody who calls the services."""

    id: str
    cert: str
    key: str
    token: str = ""


class Outside:
    def __init__(self, stack):
        self.stack = stack
        self.demo = stack.demo

    # Devices.

    def provision(self, product="bp-meter", unit=CARE_UNIT, count=1):
        out = str(self.stack.state / "devices")
        command = ["device", "provision", "--count", str(count), "--product", product, "--unit", unit, "--out", out]
        return self.ask(*command)

    def as_device(self, device):
        """Arguments of mosquitto's clients on the TLS listener."""
        host, port = self.demo["mqtt"]["tls"].rsplit(":", 1)
        files = ["--cafile", self.demo["ca"], "--cert", device["cert"], "--key", device["key"]]
        return ["-h", host, "-p", port, "-i", device["id"], *files]

    def request(self, device, channel, payload, seconds=10):
        """mosquitto_rr: publishes and waits for the receipt; the finished process with bytes."""
        topic = f"nara/v1/{device['shard']}/{device['id']}/{channel}"
        command = ["mosquitto_rr", *self.as_device(device), "-q", "1", "-W", str(seconds), "-N"]
        return run([*command, "-t", topic, "-e", device["receipt"], "-m", payload], text=False)

    def send(self, device, payload, channel="up/json"):
        """The receipt, from JSON."""
        answer = self.request(device, channel, payload)
        assert answer.returncode == 0, answer.stderr
        return json.loads(answer.stdout)

    def publish(self, device, topic, *extra, payload="{}"):
        return run(["mosquitto_pub", *self.as_device(device), "-q", "1", "-t", topic, "-m", payload, *extra])

    def subscribe(self, device, *extra):
        return run(["mosquitto_sub", *self.as_device(device), *extra])

    def die_with_will(self, device, will):
        """A client that ends so hard that the server sends its will to the topic `will`."""
        command = ["stdbuf", "-oL", "mosquitto_sub", "-d", *self.as_device(device), "-t", device["receipt"]]
        command += ["--will-topic", will, "--will-payload", '{"online":false}']
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as client:
            assert any("Subscribed" in line for line in client.stdout)
            client.kill()

    # Administrators.

    def naractl_command(self, *arguments, persona=None, table=False):
        command = [self.stack.binary("naractl"), "--demo", str(self.stack.state / "demo.json")]
        command += [] if table else ["--json"]
        return [*command, *(["--as", persona] if persona else []), *arguments]

    def naractl(self, *arguments, **how):
        return run(self.naractl_command(*arguments, **how))

    def ask(self, *arguments, persona=None):
        """What naractl says, from JSON."""
        done = self.naractl(*arguments, persona=persona)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def follow(self, *arguments, persona=None):
        """naractl that goes on."""
        return Lines(self.naractl_command(*arguments, persona=persona))

    def observations(self, device, persona="care_unit"):
        return self.ask("observation", "list", "--device", device["id"], persona=persona)

    def quarantine(self, device, persona="operator"):
        return self.ask("quarantine", "list", "--device", device["id"], persona=persona)

    def alerts(self, device):
        return self.ask("alert", "list", "--device", device["id"])

    def history(self, alert):
        return self.ask("alert", "show", alert)["history"]

    # Counters.

    def metric(self, port, name, **labels):
        """A value of /metrics; 0 when it is not there."""
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=CALL_SECONDS) as answer:
            text = answer.read().decode()
        for line in text.splitlines():
            found = re.fullmatch(rf"{name}(?:{{(.*)}})? (\S+)", line)
            if found and dict(re.findall(r'(\w+)="([^"]*)"', found[1] or "")) == labels:
                return float(found[2])
        return 0

    def ingest_counter(self, name, lane, reason):
        ports = self.stack.ports
        port = ports.ingest_metrics if lane == "measurement" else ports.ingest_alarm_metrics
        return self.metric(port, f"nara_ingest_{name}_total", lane=lane, reason=reason)

    def guard_refusals(self, reason):
        return self.metric(self.stack.ports.ingest_alarm_metrics, "nara_guard_refusals_total", reason=reason)

    # Clients of the services.

    def persona(self, name):
        entry = self.demo["personas"][name]
        return Client(entry["id"], entry["cert"], entry["key"], entry["token"])

    def admin(self):
        return self._with_files("nara-admin")

    def _with_files(self, name, token=""):
        pki = self.stack.state / "pki"
        return Client(name, str(pki / f"{name}.crt"), str(pki / f"{name}.key"), token)

    def new_client(self, grpc_client, name, role, principal, units):
        """Registered by the administrator, with a certificate of the services' authority."""
        token = secrets.token_urlsafe(32)
        self._sign(name)
        client = {
            "id": name,
            "role": role,
            "principal": principal,
            "units": units,
            "token_sha256": hashlib.sha256(token.encode()).hexdigest(),
        }
        grpc_client.call(self.admin(), "registry", "PutClient", client=client)
        return self._with_files(name, token)

    def _sign(self, name):
        pki = self.stack.state / "pki"
        key, request, cert = (str(pki / f"{name}{ending}") for ending in (".key", ".csr", ".crt"))
        curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        run(["openssl", "req", "-new", *curve, "-keyout", key, "-out", request, "-subj", f"/CN={name}"], check=True)
        authority = ["-CA", str(pki / "ca.crt"), "-CAkey", str(pki / "ca.key"), "-days", "2"]
        serial = ["-set_serial", str(secrets.randbits(64))]
        run(["openssl", "x509", "-req", "-in", request, *authority, *serial, "-out", cert], check=True)

    def live_events(self, token):
        """Server-sent events, as they come."""
        bearer = ["-H", f"Authorization: Bearer {token}"]
        return Lines(["curl", "-s", "-N", *bearer, f"{self.demo['http']}/api/v1/stream"])

    def curl(self, path, token="", *extra):
        """Status and body of the gateway's answer."""
        bearer = ["-H", f"Authorization: Bearer {token}"] if token else []
        command = [
            "curl",
            "-s",
            "-m",
            str(CALL_SECONDS),
            "-w",
            "\n%{http_code}",
            *bearer,
            *extra,
            self.demo["http"] + path,
        ]
        body, status = run(command, check=True).stdout.rsplit("\n", 1)
        return int(status), json.loads(body) if body.startswith(("{", "[")) else body


def run(command, text=True, check=False):
    return subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=text, timeout=CALL_SECONDS, check=check
    )


def make_root(folder, checkout, more):
    """A folder that looks like the checkout, whose catalogue holds what `more` holds as well."""
    root = pathlib.Path(folder)
    for entry in pathlib.Path(checkout).iterdir():
        if entry.name not in (".nara", ".git", "catalogue"):
            (root / entry.name).symlink_to(entry)
    for source in (pathlib.Path(checkout) / "catalogue", pathlib.Path(more)):
        for file in (entry for entry in source.rglob("*") if entry.is_file()):
            target = root / "catalogue" / file.relative_to(source)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(file.read_bytes())
    return root
