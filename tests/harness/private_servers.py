"""Servers of one test: own folder, free ports, the configuration files of deploy/; nothing stays behind."""

import hashlib
import hmac
import os
import pathlib
import random
import re
import secrets
import signal
import subprocess
import tempfile

from paths import Paths
from pki import Pki
from ports import Ports, is_free
from raw_mqtt import RawMqtt, tls_as
from servers import Mosquitto
from supervisor import Supervisor

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PRESET = os.environ.get("NARA_PRESET", "dev")
SHARDS = 16
# Node and buf, put there by ./nara.
NODE_TOOLS = ROOT / "deploy" / "node" / "node_modules"


def free_ports():
    """A plan whose ports were all free a moment ago."""
    for _ in range(100):
        ports = Ports.plan(random.randrange(20000, 32000))
        if all(is_free(port) for _, port in ports.items()):
            return ports
    raise RuntimeError("no free range of ports from 20000 to 32000")


def paths_in(folder):
    """The paths of the stack with `folder` for its state."""
    paths = Paths(str(ROOT), PRESET)
    paths.use_state(folder)
    paths.make()
    return paths


def crc16(data):
    """CRC16-CCITT/XMODEM as Redis computes it, independent of the code under test."""
    crc = 0
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = ((crc << 1) ^ 0x1021 if crc & 0x8000 else crc << 1) & 0xFFFF
    return crc


def shard_of(device):
    return f"{crc16(device.encode()) % SHARDS:02d}"


def topic(device, channel, shard=None):
    return f"nara/v1/{shard or shard_of(device)}/{device}/{channel}"


class PrivateMqtt:
    """mosquitto with the guard and the keys to come in as anybody. `options` of the guard stand in place of those of deploy/."""

    def __init__(self, options=None):
        self._options = options or {}
        self._folder = tempfile.TemporaryDirectory(prefix="nara-mqtt-")
        self.paths = paths_in(self._folder.name)
        self.ports = free_ports()
        self.pki = Pki(self.paths.pki)
        self._supervisor = Supervisor()
        self._process = None

    def __enter__(self):
        self.pki.make()
        self._process = Mosquitto(self.paths, self.ports, self.pki).process()
        self._set_options(pathlib.Path(self.paths.config, "mosquitto.conf"))
        self._supervisor.start([self._process])
        return self

    def __exit__(self, *_):
        self._supervisor.stop()
        self._folder.cleanup()

    def _set_options(self, config):
        text = config.read_text(encoding="utf-8")
        for key, value in self._options.items():
            text, count = re.subn(rf"^plugin_opt_{key} .*$", f"plugin_opt_{key} {value}", text, flags=re.MULTILINE)
            assert count == 1, key
        config.write_text(text, encoding="utf-8")

    @property
    def pid(self):
        return self._process.child.pid

    def running(self):
        return self._process.running()

    def reload(self):
        """As after a change of certificates."""
        os.kill(self.pid, signal.SIGHUP)

    def restart(self):
        """Ends it hard and starts it again on the same files."""
        self._process.child.kill()
        self._process.child.wait()
        self._supervisor.start([self._process])

    def log(self):
        return pathlib.Path(self.paths.log("mosquitto")).read_text(encoding="utf-8")

    def as_device(self, device, client_id=None):
        """Arguments of the mosquitto clients for a device with its certificate."""
        self._certify(device)
        return self._tls(self.ports.mqtt_devices, device, client_id or device)

    def as_service(self, name, client_id=None, port=None):
        return self._tls(port or self.ports.mqtt_services, name, client_id or name)

    def as_plain(self, device, password=None, client_id=None):
        """Arguments for the listener without TLS."""
        arguments = ["-h", "127.0.0.1", "-p", str(self.ports.mqtt_plain), "-i", client_id or device, "-u", device]
        return [*arguments, "-P", self.password(device) if password is None else password]

    def raw_device(self, device, subject=None):
        """A connection with a device's certificate on which nothing has been said yet; `subject` is what the certificate names."""
        self._certify(device, subject)
        return RawMqtt(self.ports.mqtt_devices, tls_as(self.pki, device))

    def raw_service(self, name):
        return RawMqtt(self.ports.mqtt_services, tls_as(self.pki, name))

    def raw_plain(self):
        return RawMqtt(self.ports.mqtt_plain)

    def password(self, device):
        key = pathlib.Path(self.pki.password_key).read_bytes()
        return hmac.new(key, device.encode(), hashlib.sha256).hexdigest()

    def _tls(self, port, name, client_id):
        files = ["--cafile", self.pki.cert("ca"), "--cert", self.pki.cert(name), "--key", self.pki.key(name)]
        return ["-h", "127.0.0.1", "-p", str(port), "-i", client_id, *files]

    def _certify(self, device, subject=None):
        if os.path.exists(self.pki.cert(device)):
            return
        request = f"{self.pki.folder}/{device}.csr"
        _run("openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
             "-keyout", self.pki.key(device), "-out", request, "-subj", subject or f"/CN={device}")  # fmt: skip
        _run("openssl", "x509", "-req", "-in", request, "-CA", self.pki.cert("device-ca"), "-CAkey", self.pki.key("device-ca"),
             "-set_serial", str(secrets.randbits(64)), "-days", "2", "-out", self.pki.cert(device))  # fmt: skip


def _run(*command):
    subprocess.run(command, check=True, capture_output=True)
