"""The whole demo for a test: its own state and ports, the same program that `./nara demo` runs."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

from postgres import BIN
from private_servers import PRESET, ROOT, free_ports

START_SECONDS = 180
STOP_SECONDS = 60


class DemoStack:
    """Up when the constructor returns; `demo` is what demo.json says. `root` is a checkout, or a folder that looks like one; every process has
    `environment` beside what the test has."""

    def __init__(self, devices=0, arguments=(), root=ROOT, environment=None):
        self._folder = tempfile.TemporaryDirectory(prefix="nara-demo-")
        self.state = pathlib.Path(self._folder.name)
        self.state.chmod(0o755)
        self.ports = free_ports()
        self.errors = self.state / "stderr.log"
        self._root = root
        self._environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **(environment or {})}
        self._process = self._start(devices, arguments)
        self.demo = self._wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    @property
    def pid(self):
        return self._process.pid

    def binary(self, name):
        return str(ROOT / "build" / PRESET / "bin" / name)

    def log(self, name):
        return (self.state / "log" / f"{name}.log").read_text(encoding="utf-8", errors="replace")

    def says(self):
        """All that the demo has told on standard error."""
        return self.errors.read_text(encoding="utf-8", errors="replace")

    def query(self, sql):
        """Lines of a result, asked as the superuser of PostgreSQL."""
        target = (
            f"host={self.state / 'run' / 'postgres'} user=postgres dbname=nara passfile={self.state / 'pki' / 'pgpass'}"
        )
        result = subprocess.run(
            [f"{BIN}/psql", target, "-AtqX", "-c", sql], capture_output=True, text=True, check=False
        )
        if result.returncode != 0:
            raise RuntimeError(f"psql: {result.stderr}")
        return result.stdout.splitlines()

    def interrupt(self):
        """Ctrl-C; returns the exit code when the demo has ended, or None when it had to be killed."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
        try:
            return self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            return None

    def stop(self):
        self.interrupt()
        self._folder.cleanup()

    def kill(self):
        """As if the script were shot."""
        self._process.kill()
        self._process.wait()

    def _start(self, devices, arguments):
        command = [
            sys.executable,
            str(ROOT / "deploy" / "local" / "demo.py"),
            "--root",
            str(self._root),
            "--preset",
            PRESET,
        ]
        command += [
            "--state",
            str(self.state),
            "--port-base",
            str(self.ports.gateway),
            "--devices",
            str(devices),
            *arguments,
        ]
        with open(self.errors, "wb") as errors:
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=errors,
                stderr=errors,
                env=self._environment,
            )

    def _wait(self):
        """Not when demo.json is there, but when it is this run's: the process must live."""
        deadline = time.monotonic() + START_SECONDS
        path = self.state / "demo.json"
        while time.monotonic() < deadline and self._process.poll() is None:
            if path.exists():
                return json.loads(path.read_text(encoding="utf-8"))
            time.sleep(0.05)
        told = self.says()
        self.stop()
        raise RuntimeError(f"the demo did not come up:\n{told}")


def pid_of(config):
    """The process with this configuration."""
    for entry in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if str(config).encode() in (entry / "cmdline").read_bytes():
                return int(entry.name)
        except OSError:
            continue  # it has ended
    raise AssertionError(f"nothing runs with {config}")
