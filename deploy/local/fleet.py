"""The simulated county: registered once, then kept running by `nara-fleet`."""

import json
import os

from paths import remove
from supervisor import Process, run_once, say

SEED = 2026
SETUP_SECONDS = 300.0


class Fleet:
    def __init__(self, stack, supervisor, devices):
        self._stack = stack
        self._paths = stack.paths
        self._supervisor = supervisor
        self._devices = devices
        self._state = stack.state_dir("fleet")
        self._output = os.path.join(self._state, "devices.json")
        self._status = os.path.join(self._state, "status.json")  # written by the simulator: {"connected":N,"of":N}

    def set_up(self):
        """Units, chains, clients, residents, devices and their credentials in the registry; what is there stays."""
        say("registering the county")
        command = [
            self._paths.binary("nara-fleet"), "setup",
            "--registry", self._stack.at("registry"),
            *self._tls("nara-admin"),
            "--personas", self._stack.pki.personas_file,
            "--output", self._output,
            *self._common(),
        ]  # fmt: skip
        run_once(
            command, self._paths.log("fleet-setup"), SETUP_SECONDS, self._supervisor, "the registration of the county"
        )

    def process(self):
        command = [
            self._paths.binary("nara-fleet"), "run",
            "--mqtt", self._stack.at("mqtt_devices"),
            "--alerts", self._stack.at("alerts"),
            *self._tls("nara-fleet"),
            *self._common(),
        ]  # fmt: skip
        remove(self._status)
        return Process("fleet", command, self._paths.log("fleet"), ready=lambda: os.path.exists(self._status))

    def check(self):
        """The command that measures the running demo and prints one JSON object."""
        return [self._paths.binary("nara-fleet"), "check", "--demo", self._paths.demo, "--fleet-state", self._state]

    def devices(self):
        with open(self._output, encoding="utf-8") as file:
            return json.load(file)

    def _tls(self, name):
        pki = self._stack.pki
        return ["--tls-ca", pki.cert("ca"), "--tls-cert", pki.cert(name), "--tls-key", pki.key(name)]

    def _common(self):
        size = [] if self._devices is None else ["--devices", str(self._devices)]
        return ["--state", self._state, "--catalogue", self._paths.catalogue, "--seed", str(SEED), *size]
