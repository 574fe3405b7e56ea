"""What stands between a device and a log, and no more: MQTT server, Redis, PostgreSQL, the registry, ingest's two lanes."""

import json
import pathlib
import subprocess
import tempfile

from demo import Demo
from private_servers import free_ports, paths_in

SETUP_SECONDS = 300


class IngestStack(Demo):
    def __init__(self):
        self._folder = tempfile.TemporaryDirectory(prefix="nara-load-")
        super().__init__(paths_in(self._folder.name), free_ports(), devices=0)

    def __enter__(self):
        self._pki.make()
        stack = self._start_servers()
        registry, services = stack.stages()[:2]
        lanes = [process for process in services if process.name.startswith("ingest")]
        self.supervisor.start(registry)
        self.supervisor.start(lanes)
        self._register(stack)
        return self

    def __exit__(self, *_):
        self.supervisor.stop()
        self._folder.cleanup()

    @property
    def folder(self):
        return pathlib.Path(self._folder.name)

    def process(self, name):
        """One that runs. Nobody but the caller looks after it now: what dies stays dead until it is started again."""
        return self.supervisor.named(name)[0]

    def provision(self, product, count):
        """New devices with passwords: what nara-load's --senders reads."""
        command = [self.paths.binary("naractl"), "--demo", self.paths.demo, "--json", "device", "provision"]
        command += ["--count", str(count), "--product", product, "--out", str(self.folder / "devices")]
        ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=SETUP_SECONDS)
        if ran.returncode != 0:
            raise RuntimeError(f"no devices: {ran.stderr}")
        senders = self.folder / f"{product}.senders"
        senders.write_text("".join(f"{device['id']} {device['password']}\n" for device in json.loads(ran.stdout)))
        return senders

    def _register(self, stack):
        from fleet import Fleet

        self.fleet = Fleet(stack, self.supervisor, 0)
        self.fleet.set_up()
        self._publish(self.fleet.devices())
