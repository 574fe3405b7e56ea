"""The Redis that holds the logs is killed for good under load: when receipts come again, and whether one of them was broken."""

import collections
import json
import pathlib
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass

from ledger import Ledger
from private_servers import shard_of

DRAIN_SECONDS = 60
# Far beyond any bar: then something is broken, and not late.
GIVE_UP_SECONDS = 90


@dataclass(frozen=True)
class Outcome:
    receipts: int  # records that have one
    rate: float  # a second, before the loss
    again_seconds: float  # until the first receipt of a record that was made after the loss
    missing: list  # of those with a receipt, in the logs of the one that took over
    twice: list


class Senders:
    """Processes of devices that keep a record until its receipt, and write down which they have; `rate` is of all of them."""

    def __init__(self, stack, rate, meters, processes):
        self._folder = tempfile.TemporaryDirectory(prefix="nara-lost-")
        lines = stack.provision("bp-meter", meters).read_text(encoding="utf-8").splitlines()
        devices = [device_of(*line.split()) for line in lines]
        folder = pathlib.Path(self._folder.name)
        paths = [folder / f"{index}.ledger" for index in range(processes)]
        self.ledger = Ledger(paths)
        self._processes = [
            start(stack.ports.mqtt_plain, path, rate / processes, devices[index::processes])
            for index, path in enumerate(paths)
        ]
        for process in self._processes:
            assert process.stdout.readline().strip() == "ready"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in self._processes:
            process.kill()
            process.communicate()
        self._folder.cleanup()

    def read_until(self, condition):
        """Reads on until a new promise is as asked for; returns it."""
        deadline = time.monotonic() + GIVE_UP_SECONDS
        while time.monotonic() < deadline:
            found = [promise for promise in self.ledger.read_on() if condition(promise)]
            if found:
                return found[0]
            time.sleep(0.02)
        raise AssertionError(f"no such receipt for {GIVE_UP_SECONDS} s; {len(self.ledger.promises)} until now")

    def finish(self):
        """Until every record has its receipt."""
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            summary = json.loads(process.communicate(timeout=DRAIN_SECONDS + 30)[0])
            assert summary["waiting"] == 0 and not summary["trouble"], summary
        self.ledger.read_on()


def device_of(device, password):
    return {"id": device, "password": password, "shard": shard_of(device), "lane": "m", "sort": "numbered"}


def start(port, ledger, rate, devices):
    ledger.touch()
    orders = {"port": port, "ledger": str(ledger), "rate": rate, "drain_seconds": DRAIN_SECONDS, "devices": devices}
    script = pathlib.Path(__file__).with_name("outside_sender.py")
    with tempfile.TemporaryFile("w+") as told:
        json.dump(orders, told)
        told.seek(0)
        return subprocess.Popen([sys.executable, script], stdin=told, stdout=subprocess.PIPE, text=True)


def lose_the_primary(stack, rate, seconds, meters=20, processes=1):
    """Under `rate` records a second for `seconds` before it."""
    with Senders(stack, rate, meters, processes) as senders:
        began = time.time_ns() // 1000
        senders.read_until(lambda promise: promise.accepted > began + seconds * 1e6)
        before = len(senders.ledger.promises)
        killed = time.time_ns() // 1000
        stack.group.kill_primary()
        again = senders.read_until(lambda promise: promise.made > killed)
        senders.read_until(lambda promise: promise.made > again.accepted)
        senders.finish()
    names = [promise.name for promise in senders.ledger.promises]
    logged = collections.Counter(stack.group.logged("measurement"))
    return Outcome(
        receipts=len(names),
        rate=before / ((killed - began) / 1e6),
        again_seconds=(again.accepted - killed) / 1e6,
        missing=[name for name in names if name not in logged],
        twice=[name for name, count in logged.items() if count > 1],
    )
