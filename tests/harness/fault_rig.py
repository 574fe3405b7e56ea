"""The whole stack under the load of outside senders, with hands to kill any part of it."""

import collections
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass

from demo_stack import DemoStack
from ledger import Ledger, Row, compare, compare_alerts
from postgres import BIN
from private_servers import ROOT
from servers import _accepts as accepts
from services import answers

METRICS = ("gateway", "registry", "ingest", "ingest_alarm", "alerts", "broker")
# The name of each part, and what its process is recognised by.
PARTS = {
    "ingest-measurement": "config/ingest-measurement.yaml",
    "ingest-alarm": "config/ingest-alarm.yaml",
    "alert-router": "config/alert-router.yaml",
    "data-broker": "config/data-broker.yaml",
    "device-registry": "config/device-registry.yaml",
    "gateway": "config/gateway.yaml",
    "redis": "redis-server",
    "postgres": "bin/postgres",
    "mosquitto": "mosquitto -c",
}
LANES = {"m": "measurement", "a": "alarm"}
# Everything is back within this, on a machine that is busy with other things too.
COMES_BACK_SECONDS = 60.0
DRAIN_SECONDS = 60.0
CATCHES_UP_SECONDS = 90.0
STANDS_STILL_SECONDS = 15.0
NUMBER_OF_NAMES = 10
OFFERED = "exists (select from alerts.history h where h.alert = a.id and h.action in ('offered', 'delivered'))"


def say(text):
    print(f"fault: {text}", file=sys.stderr, flush=True)


def seed():
    """NARA_SEED, or one from the system; always told."""
    number = int(os.environ.get("NARA_SEED") or random.SystemRandom().getrandbits(32))
    say(f"seed {number} (NARA_SEED={number} kills the same again; moments differ with the machine)")
    return number


@dataclass(frozen=True)
class Load:
    """Records a second, and who sends them; every fifth device knows PUBACK only."""

    measurements: float = 1000
    alarms: float = 20
    meters: int = 100
    dispensers: int = 20
    meter_processes: int = 2


class Broken(AssertionError):
    """A promise of the platform that was not kept."""


class FaultRig:
    """Up and under load when entered. `finish` stops the load and compares; leaving stops everything and keeps logs of a failure."""

    def __init__(self, name, load, environment=None):
        self._name = name
        self._load = load
        self._environment = environment
        self._senders = []
        self._observer = None
        self._began = 0.0

    def __enter__(self):
        self.stack = DemoStack(devices=0, environment=self._environment)
        self._folder = self.stack.state / "outside"
        self._folder.mkdir()
        try:
            self._start_load()
        except BaseException:
            self.__exit__(*sys.exc_info())
            raise
        return self

    def __exit__(self, kind, _error, _trace):
        for process in [*self._senders, self._observer]:
            if process and process.poll() is None:
                process.kill()
                process.wait()
        if kind is not None:
            self._keep_evidence()
        self.stack.stop()

    def _keep_evidence(self):
        kept = ROOT / ".nara" / "fault" / self._name
        shutil.rmtree(kept, ignore_errors=True)
        kept.mkdir(parents=True)
        for folder in ("log", "outside"):
            shutil.copytree(self.stack.state / folder, kept / folder)
        shutil.copy(self.stack.errors, kept / "stack.log")
        say(f"logs and ledgers are kept in {kept.relative_to(ROOT)}")

    # The load.

    def _start_load(self):
        load = self._load
        meters = self._provision(load.meters, "bp-meter", "m")
        dispensers = self._provision(load.dispensers, "dosell-service", "a")
        self._observer = self._attend()
        count = load.meter_processes
        for index in range(count):
            self._start_sender(f"measurements-{index}", meters[index::count], load.measurements / count)
        self._start_sender("alarms", dispensers, load.alarms)
        self.ledger = Ledger(sorted(self._folder.glob("*.ledger")))
        for sender in self._senders:
            if sender.stdout.readline().strip() != "ready":
                raise RuntimeError("a sender did not get ready")
        self._began = time.monotonic()

    def naractl(self, *arguments):
        demo = str(self.stack.state / "demo.json")
        return [self.stack.binary("naractl"), "--demo", demo, "--json", *arguments]

    def _provision(self, count, product, lane):
        command = ["device", "provision", "--count", str(count), "--product", product]
        command += ["--out", str(self.stack.state / "devices")]
        result = subprocess.run(self.naractl(*command), capture_output=True, text=True, check=False)
        if result.returncode != 0:
            raise RuntimeError(f"no devices: {result.stderr}")
        return [
            {
                "id": device["id"],
                "shard": device["shard"],
                "password": device["password"],
                "lane": lane,
                "sort": "plain" if index % 5 == 4 else "numbered",
            }
            for index, device in enumerate(json.loads(result.stdout))
        ]

    def _attend(self):
        """Somebody at the alarm centre who writes down what is offered; the simulated staff goes on working."""
        command = self.naractl("--as", "alarm_centre", "alert", "attend", "--operator", "sim-witness")
        with open(self._folder / "offers.jsonl", "wb") as out, open(self._folder / "offers.err", "wb") as errors:
            return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=errors)

    def _start_sender(self, name, devices, rate):
        ledger = self._folder / f"{name}.ledger"
        ledger.touch()
        port = int(self.stack.demo["mqtt"]["plain"].rsplit(":", 1)[1])
        orders = {"port": port, "ledger": str(ledger), "rate": rate, "drain_seconds": DRAIN_SECONDS, "devices": devices}
        with tempfile.TemporaryFile("w+") as told, open(self._folder / f"{name}.err", "wb") as errors:
            json.dump(orders, told)
            told.seek(0)
            script = pathlib.Path(__file__).with_name("outside_sender.py")
            self._senders.append(
                subprocess.Popen([sys.executable, script], stdin=told, stdout=subprocess.PIPE, stderr=errors, text=True)
            )

    # Killing, and coming back.

    def run_for(self, seconds):
        """Lets the load go on."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self._senders_live()
            time.sleep(0.05)

    def strike(self, parts, when, lanes):
        """Kills parts at once, waits until all is back and receipts come again on the lanes, and tells how long that took."""
        moment = [self.kill(part) for part in parts][-1]
        first = self.wait_for_receipts(lanes, moment)
        self.wait_until_all_ready()
        ready = (time.time_ns() // 1000 - moment) / 1e6
        told = ", ".join(f"{LANES[lane]} {seconds:.2f} s" for lane, seconds in sorted(first.items()) if lane in lanes)
        say(
            f"{when}: kill -9 {' and '.join(parts)}; first receipt of a later record: {told}; all ready after {ready:.1f} s"
        )

    def kill(self, part):
        """SIGKILL to the part and all below it; returns the moment in µs."""
        pid = self._pid_of(part)
        victims = [pid, *_descendants(pid)]
        moment = time.time_ns() // 1000
        for victim in victims:
            try:
                os.kill(victim, signal.SIGKILL)
            except ProcessLookupError:
                pass
        return moment

    def _pid_of(self, part):
        deadline = time.monotonic() + COMES_BACK_SECONDS
        while time.monotonic() < deadline:
            for pid in _children(self.stack.pid):
                if PARTS[part] in _command_line(pid):
                    return pid
            time.sleep(0.05)
        raise Broken(f"{part} does not run: {self.stack.says()[-500:]}")

    def wait_for_receipts(self, lanes, since):
        """Until a record made after `since` has been accepted on each of the lanes; seconds from `since`, by lane."""
        deadline = time.monotonic() + COMES_BACK_SECONDS
        first = {}
        while not set(lanes) <= first.keys():
            for promise in self.ledger.read_on():
                if promise.epoch and promise.made > since:
                    seconds = (promise.accepted - since) / 1e6
                    first[promise.lane] = min(seconds, first.get(promise.lane, seconds))
            if time.monotonic() > deadline:
                silent = ", ".join(LANES[lane] for lane in lanes if lane not in first)
                raise Broken(f"no receipts for {COMES_BACK_SECONDS:.0f} s: {silent}")
            self._senders_live()
            time.sleep(0.02)
        return first

    def _senders_live(self):
        for sender in self._senders:
            if sender.poll() is not None:
                raise RuntimeError(f"a sender ended with {sender.returncode}")

    def wait_until_all_ready(self):
        """Until every part answers; returns the seconds."""
        began = time.monotonic()
        while not_ready := self._not_ready():
            if time.monotonic() > began + COMES_BACK_SECONDS:
                raise Broken(f"not ready after {COMES_BACK_SECONDS:.0f} s: {', '.join(not_ready)}")
            time.sleep(0.05)
        return time.monotonic() - began

    def _not_ready(self):
        ports = self.stack.ports
        late = [name for name in METRICS if not answers(f"http://127.0.0.1:{getattr(ports, name + '_metrics')}/readyz")]
        late += [] if accepts(ports.mqtt_plain) else ["mosquitto"]
        late += [] if self._succeeds(["redis-cli", "-s", self._run("redis.sock"), "ping"]) else ["redis"]
        return late + ([] if self._succeeds([f"{BIN}/pg_isready", "-q", "-h", self._run("postgres")]) else ["postgres"])

    def _run(self, name):
        return str(self.stack.state / "run" / name)

    @staticmethod
    def _succeeds(command):
        return subprocess.run(command, capture_output=True, timeout=10, check=False).returncode == 0

    # The comparison.

    def finish(self, puback_may_be_lost=False):
        """Stops the load, waits until all is in history, compares. Raises Broken with the evidence."""
        summaries = self._stop_load()
        self.ledger.read_on()
        self._wait_for_the_platform()
        faults = compare(self.ledger.promises, self._history())
        lost = self._take_out_losses(faults) if puback_may_be_lost else set()
        faults |= compare_alerts(
            [promise for promise in self.ledger.promises if promise.name not in lost], self._alerts()
        )
        faults |= {
            "not accepted in the end": [name for summary in summaries for name in summary["waiting_ids"]],
            "held or rejected": [str(item) for summary in summaries for item in summary["trouble"]],
            "in quarantine": self.stack.query("select device || ' ' || reason || ' ' || detail from ingest.quarantine"),
        }
        self._judge(faults)

    def _stop_load(self):
        for sender in self._senders:
            sender.send_signal(signal.SIGTERM)
        summaries = [json.loads(sender.communicate(timeout=DRAIN_SECONDS + 30)[0]) for sender in self._senders]
        for name, group in (("measurements", summaries[:-1]), ("alarms", summaries[-1:])):
            made = sum(summary["made"] for summary in group)
            accepted = sum(summary["accepted"] for summary in group)
            seconds = max(summary["seconds"] for summary in group)
            resent = sum(summary["resent"] for summary in group)
            say(
                f"{name}: {made} made in {seconds:.0f} s ({made / seconds:.0f}/s), {accepted} accepted, {resent} sent again"
            )
        return summaries

    def _wait_for_the_platform(self):
        """History and alerts are written behind the receipts: how long the last ones take is told, not judged."""
        promises = self.ledger.promises
        alarms = sum(promise.lane == "a" for promise in promises)
        self._wait_for_rows("history", "select count(*) from broker.observations", len(promises))
        offered = f"select count(*) from alerts.alerts a where kind = 'dose_missed' and {OFFERED}"
        self._wait_for_rows("alerts, offered:", offered, alarms)

    def _wait_for_rows(self, what, sql, wanted):
        """Until as many rows are there as were promised, or nothing comes any more."""
        began = time.monotonic()
        seen, moved = -1, began
        while seen < wanted and time.monotonic() < min(moved + STANDS_STILL_SECONDS, began + CATCHES_UP_SECONDS):
            count = int(self.stack.query(sql)[0])
            moved = moved if count == seen else time.monotonic()
            seen = count
            time.sleep(0.2)
        say(f"{what} {seen} of {wanted} after {time.monotonic() - began:.1f} s")

    def _history(self):
        columns = "id, device, position_ms, position_seq, (extract(epoch from effective_at) * 1000000)::bigint"
        rows = (line.split("|") for line in self.stack.query(f"select {columns} from broker.observations"))
        return [
            Row(id_, device, id_[len(device) + 1], (int(ms), int(seq)), int(effective))
            for id_, device, ms, seq, effective in rows
        ]

    def _alerts(self):
        offered = "exists (select from alerts.history h where h.alert = a.id and h.action in ('offered', 'delivered'))"
        rows = (
            line.split("|")
            for line in self.stack.query(f"select device, kind, episode, {offered} from alerts.alerts a")
        )
        alerts = [(device, kind, episode, was == "t") for device, kind, episode, was in rows]
        witnessed = len(set(_offered_ids(self._folder / "offers.jsonl")))
        degraded = (self._folder / "offers.jsonl").read_text().count('"degraded"')
        kinds = collections.Counter(kind for _, kind, _, _ in alerts)
        told = ", ".join(f"{count} {kind}" for kind, count in kinds.most_common())
        say(f"alerts: {told}; {witnessed} came to the centre's witness")
        if degraded:
            say(f"alerts: {degraded} offers were degraded")
        return alerts

    def _take_out_losses(self, faults):
        """What only had a PUBACK may be lost when the MQTT server itself is killed: it is counted, not judged. Returns the names."""
        kind = "promised, and not in history"
        lost = {name for name in faults[kind] if "/at " in name}
        faults[kind] = [name for name in faults[kind] if name not in lost]
        promises = sum(promise.epoch is None for promise in self.ledger.promises)
        say(f"with PUBACK only, lost with the MQTT server: {len(lost)} of {promises}")
        return lost

    def _judge(self, faults):
        found = {kind: names for kind, names in faults.items() if names}
        for kind, names in found.items():
            say(f"BROKEN {kind}: {len(names)}")
            for name in names[:NUMBER_OF_NAMES]:
                say(f"  {name}")
        if found:
            raise Broken("; ".join(f"{kind}: {len(names)}, as {names[0]}" for kind, names in found.items()))
        say(f"{len(self.ledger.promises)} promises kept")


def _offered_ids(path):
    for line in path.read_text(encoding="utf-8").splitlines():
        said = json.loads(line)
        if "offer" in said:
            yield said["offer"]["id"]


def _children(pid):
    try:
        return [int(child) for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def _descendants(pid):
    below = _children(pid)
    return below + [grandchild for child in below for grandchild in _descendants(child)]


def _command_line(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
    except OSError:
        return ""
