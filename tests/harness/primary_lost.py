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
class Load:
    """`rate` is records a second of all `devices` together."""

    product: str
    lane: str  # m or a
    devices: int
    rate: float
    processes: int = 1


@dataclass(frozen=True)
class Outcome:
    promises: list  # records that have a receipt
    rate: float  # of them, a second, before the loss
    again_seconds: float  # until, on each lane, a record that was made after the loss had a receipt
    missing: list  # of the promises, in the logs of the one that took over
    twice: list


class Senders:
    """Processes of devices that keep a record until its receipt, and write down which they have."""

    def __init__(self, stack, loads):
        self._folder = tempfile.TemporaryDirectory(prefix="nara-lost-")
        self.lanes = {load.lane for load in loads}
        self._processes = [process for load in loads for process in self._start(stack, load)]
        self.ledger = Ledger(sorted(pathlib.Path(self._folder.name).glob("*.ledger")))
        for process in self._processes:
            assert process.stdout.readline().strip() == "ready"

    def _start(self, stack, load):
        lines = stack.provision(load.product, load.devices).read_text(encoding="utf-8").splitlines()
        devices = [device_of(load.lane, *line.split()) for line in lines]
        for index in range(load.processes):
            path = pathlib.Path(self._folder.name) / f"{load.product}-{index}.ledger"
            yield start(stack.ports.mqtt_plain, path, load.rate / load.processes, devices[index :: load.processes])

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

    def receipts_again(self, since):
        """When a record of each lane that was made after `since` had a receipt; µs."""
        first = {}

        def all_have(promise):
            if promise.made > since:
                first.setdefault(promise.lane, promise.accepted)
            return first.keys() == self.lanes

        self.read_until(all_have)
        return max(first.values())


def device_of(lane, device, password):
    return {"id": device, "password": password, "shard": shard_of(device), "lane": lane, "sort": "numbered"}


def start(port, ledger, rate, devices):
    ledger.touch()
    orders = {"port": port, "ledger": str(ledger), "rate": rate, "drain_seconds": DRAIN_SECONDS, "devices": devices}
    script = pathlib.Path(__file__).with_name("outside_sender.py")
    with tempfile.TemporaryFile("w+") as told:
        json.dump(orders, told)
        told.seek(0)
        return subprocess.Popen([sys.executable, script], stdin=told, stdout=subprocess.PIPE, text=True)


def lose_the_primary(stack, loads, seconds):
    """Under the loads for `seconds` before it."""
    with Senders(stack, loads) as senders:
        began = time.time_ns() // 1000
        senders.read_until(lambda promise: promise.accepted > began + seconds * 1e6)
        rate = len(senders.ledger.promises) / ((time.time_ns() // 1000 - began) / 1e6)
        return _lose(stack, senders, rate, stack.group.kill_primary)


def lose_the_primary_without_its_replica(stack, loads, seconds):
    """The replica is away, receipts do without it for `seconds`, then it is the one that is left."""
    group = stack.group
    with Senders(stack, loads) as senders:
        group.kill_replica()
        alone = senders.receipts_again(time.time_ns() // 1000)
        senders.read_until(lambda promise: promise.accepted > alone + seconds * 1e6)

        def lose():
            group.kill_primary()
            group.start_replica()

        return _lose(stack, senders, 0, lose)


def _lose(stack, senders, rate, lose):
    lost = time.time_ns() // 1000
    lose()
    again = senders.receipts_again(lost)
    senders.read_until(lambda promise: promise.made > again)
    senders.finish()
    promises = senders.ledger.promises
    logged = collections.Counter(name for log in ("measurement", "alarm") for name in stack.group.logged(log))
    return Outcome(
        promises=promises,
        rate=rate,
        again_seconds=(again - lost) / 1e6,
        missing=[promise.name for promise in promises if promise.name not in logged],
        twice=[name for name, count in logged.items() if count > 1],
    )
