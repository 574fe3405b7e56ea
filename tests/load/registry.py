#!/usr/bin/python3
"""The registry, measured: PostgreSQL and the process alone, over gRPC, first with 50,000 devices and then with 200,000 of five years.

A row is one figure with its bar, as the slowest call, watcher or kind of call gave it. Never fails on a number.
"""

import argparse
import json
import os
import pathlib
import random
import sys
import threading
import time

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT / "tests" / "harness"), str(ROOT / "deploy" / "local")]

import _registry_fill as fill
from _registry_rig import ADMIN, RegistryRig
from outside import eventually
from supervisor import say

# Whose copies of the routes the platform keeps.
CONSUMERS = ("nara-ingest", "nara-alert-router", "nara-data-broker", "nara-gateway")
# Callers that see everything, one principal's, one unit's.
READERS = (ADMIN, "admin-1480", "care-1480-1")
YEARS_5 = 5 * 365 * 86400
CARE = 1


class Watcher:
    """Follows the routes like a consumer: what it has seen, and when."""

    def __init__(self, session):
        self.routes = 0
        self.changes = {}  # by device, when its last form was complete
        self._call = session.stream("WatchRoutes")
        self._complete = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def wait(self, seconds):
        """Until the first state is whole."""
        if not self._complete.wait(seconds):
            raise RuntimeError("the watch did not become complete")

    def stop(self):
        self._call.cancel()
        self._reader.join()

    def _read(self):
        waiting = []
        try:
            for response in self._call:
                self.routes += len(response.routes)
                if self._complete.is_set():
                    waiting += [route.device for route in response.routes]
                if response.complete:
                    now = time.monotonic()
                    self.changes.update((device, now) for device in waiting)
                    waiting = []
                    self._complete.set()
        except Exception as error:  # the stream's end, which is an error of gRPC's when we asked for it
            if "CANCELLED" not in str(error):
                say(f"a watcher ended: {error}")


class Bench:
    def __init__(self, rig, arguments):
        self.rig = rig
        self.small = arguments.devices // 4
        self.all = arguments.devices
        self.calls = arguments.calls
        self.rows = []
        self._random = random.Random(2026)

    def run(self):
        self._import("import", "bench", range(self.small))
        self._fill("the running assignments", 0, self.small - 1, [5])
        self._start()
        self._snapshots(5, bar=2000)
        self._changes()
        self._fill("five years", 0, self.small - 1, fill.HISTORIES[:5])
        self._fill("five years", self.small, self.all - 1, fill.HISTORIES)
        self._start()
        self._snapshots(2, bar=None)
        self._lookups()
        self._pages()
        self._import("import beside five years", "new", range(self.small))

    def _row(self, what, times, bar):
        """`times` in ms."""
        times = sorted(times)
        at = lambda part: times[min(int(part * len(times)), len(times) - 1)]
        row = {"what": what, "n": len(times), "p50_ms": at(0.5), "p99_ms": at(0.99), "max_ms": times[-1], "bar_ms": bar}
        self.rows.append({key: round(value, 2) if isinstance(value, float) else value for key, value in row.items()})
        say(f"{what}: p99 {row['p99_ms']:.2f} ms")

    def _import(self, what, prefix, numbers):
        path = self.rig.file(f"{prefix}.csv")
        path.write_text(fill.portal_file(numbers, prefix), encoding="utf-8")
        began = time.monotonic()
        self.rig.naractl("device", "import", str(path))
        self._row(f"{what} of {len(numbers)} devices", [since(began)], 60_000)

    def _fill(self, what, first, last, histories):
        """Behind the registry, which does not run meanwhile."""
        say(f"filling in {what} of devices {first} to {last}")
        self.rig.stop()
        if self.rig.sql("select count(*) from residents where id like 'bench-r-%'") == ["0"]:
            self.rig.sql(fill.residents())
        for start, end in fill.batches(first, last):
            if self.rig.sql(f"select 1 from devices where id = '{fill.device(start)}'") == []:
                self.rig.sql(fill.devices(start, end))
            self.rig.sql(fill.assignments(start, end, histories))
        # As autovacuum does in the course of five years.
        self.rig.sql("vacuum analyze")

    def _start(self):
        count = int(self.rig.sql("select count(*) from devices")[0])
        self._row(f"start with {count} devices", [self.rig.start() * 1000], None)

    def _watch(self, who):
        session = self.rig.grpc.session(self.rig.client(who), "registry")
        return Watcher(session)

    def _snapshots(self, times, bar):
        took = []
        for number in range(times):
            began = time.monotonic()
            watcher = self._watch(CONSUMERS[number % len(CONSUMERS)])
            watcher.wait(60)
            took.append(since(began))
            watcher.stop()
        self._row(f"snapshot of {watcher.routes} routes", took, bar)

    def _changes(self):
        """From the call to the last consumer that shows what it changed."""
        watchers = [self._watch(who) for who in CONSUMERS]
        for watcher in watchers:
            watcher.wait(60)
        took = []
        with self._session(ADMIN) as session:
            for number in self._random.sample(range(self.small), self.calls // 4):
                began = time.monotonic()
                session.call(
                    "TransferResponsibility", assignment=f"{fill.device(number)}-5", purpose=CARE, unit="care-1480-2"
                )
                seen = [
                    eventually(lambda: watcher.changes.get(fill.device(number)), "the change") for watcher in watchers
                ]
                took.append((max(seen) - began) * 1000)
        for watcher in watchers:
            watcher.stop()
        self._row(f"one change to {len(watchers)} consumers", took, 100)

    def _session(self, who):
        return self.rig.grpc.session(self.rig.client(who), "registry")

    def _device(self):
        return fill.device(self._random.randrange(self.all))

    def _instant(self):
        return {"seconds": int(time.time()) - self._random.randrange(YEARS_5)}

    def _lookups(self):
        kinds = {
            "GetDevice": lambda: {"device": self._device()},
            "GetAssignment": lambda: {"assignment": f"{self._device()}-{self._random.randrange(6)}"},
            "GetResponsibility": lambda: {"device": self._device(), "purpose": CARE},
            "GetResponsibility then": lambda: {"device": self._device(), "purpose": CARE, "at": self._instant()},
            "ListDeviceHistory": lambda: {"device": self._device()},
        }
        with self._session(ADMIN) as session:
            for name, fields in kinds.items():
                method = name.split()[0]
                self._row(f"point lookup: {name}", self._timed(session, method, fields, self.calls), 5)

    def _timed(self, session, method, fields, count):
        """In ms; what is between two assignments is an answer too."""
        took = []
        for _ in range(count):
            wanted = fields()
            began = time.monotonic()
            try:
                session.call(method, **wanted)
            except Exception as error:
                if "NOT_FOUND" not in str(error):
                    raise
            took.append(since(began))
        return took

    def _pages(self):
        for who in READERS:
            with self._session(who) as session:
                self._row(f"page of 100: ListDevices by {who}", self._page_by_page(session, "ListDevices"), 50)
        with self._session("admin-1480") as session:
            self._row("page of 100: ListResidents by admin-1480", self._page_by_page(session, "ListResidents"), 50)
        with self._session(ADMIN) as session:
            took = self._page_by_page(session, "ListDevices", principal="1480")
            self._row("page of 100: ListDevices of 1480", took, 50)

    def _page_by_page(self, session, method, **fields):
        """From the first on, through the whole list or as many as there are calls."""
        took, token = [], ""
        while len(took) < self.calls // 20 and (token or not took):
            began = time.monotonic()
            page = session.call(method, page_size=100, page_token=token, **fields)
            took.append(since(began))
            token = page.next_page_token
        return took


def since(began):
    return (time.monotonic() - began) * 1000


def table(rows):
    yield f"{'what':<48} {'n':>5} {'p50 ms':>9} {'p99 ms':>9} {'bar ms':>7}"
    for row in rows:
        missed = row["bar_ms"] is not None and row["p99_ms"] > row["bar_ms"]
        bar = "–" if row["bar_ms"] is None else row["bar_ms"]
        yield f"{row['what']:<48} {row['n']:>5} {row['p50_ms']:>9.2f} {row['p99_ms']:>9.2f} {bar:>7}{'  missed' if missed else ''}"


def main():
    parser = argparse.ArgumentParser(prog="nara bench registry")
    parser.add_argument(
        "--devices", type=int, default=200_000, help="with five years; a quarter of them is imported first"
    )
    parser.add_argument("--calls", type=int, default=2000, help="of each kind of lookup")
    with RegistryRig() as rig:
        bench = Bench(rig, parser.parse_args())
        bench.run()
    print("\n".join(table(bench.rows)), file=sys.stderr)
    print(json.dumps({"bench": "registry", "cores": os.cpu_count(), "rows": bench.rows}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
