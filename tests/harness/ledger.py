"""What outside senders were promised, against what the platform has."""

import collections
from dataclasses import dataclass


@dataclass(frozen=True)
class Promise:
    """A record that was accepted. `epoch` is None where PUBACK was all; then `key` is when it was made, in µs, else its sequence."""

    accepted: int  # µs
    made: int  # µs
    device: str
    lane: str  # m or a
    epoch: str | None
    key: int
    number: int

    @property
    def name(self):
        """The event id; for records without a sequence what stands for it outside."""
        return (
            f"{self.device}/{self.lane}/{self.epoch}/{self.key}"
            if self.epoch
            else f"{self.device}/{self.lane}/at {self.key}"
        )

    @property
    def episode(self):
        return f"{self.device}:{self.number}"


class Ledger:
    """Follows the files of running senders."""

    def __init__(self, paths):
        self._files = {path: 0 for path in paths}
        self.promises = []

    def read_on(self):
        """Adds the whole lines that came since; returns the new promises."""
        new = []
        for path, offset in self._files.items():
            with open(path, "rb") as file:
                file.seek(offset)
                text = file.read()
            whole = text[: text.rfind(b"\n") + 1]
            self._files[path] = offset + len(whole)
            new += [_parse(line) for line in whole.decode().splitlines()]
        self.promises += new
        return new


def _parse(line):
    accepted, made, device, lane, epoch, key, number = line.split()
    return Promise(int(accepted), int(made), device, lane, None if epoch == "-" else epoch, int(key), int(number))


@dataclass(frozen=True)
class Row:
    """A row of history."""

    id: str
    device: str
    lane: str
    position: tuple
    effective: int  # µs

    @property
    def numbered(self):
        return not self.id.endswith("/0")

    def name(self):
        return self.id if self.numbered else f"{self.device}/{self.lane}/at {self.effective}"


def compare(promises, rows):
    """What is wrong with history, as lists of names by kind of fault: each of them must be empty."""
    stored = collections.Counter(row.name() for row in rows)
    promised = collections.Counter(promise.name for promise in promises)
    return {
        "promised, and not in history": sorted(promised.keys() - stored.keys()),
        "in history more than once": sorted(name for name, count in stored.items() if count > 1),
        "in history, and promised to nobody": sorted(stored.keys() - promised.keys()),
        "promised twice by the ledger itself": sorted(name for name, count in promised.items() if count > 1),
        "in history, and out of order": out_of_order(rows),
    }


def out_of_order(rows):
    """Names of rows that stand in the log behind one that their device made later."""
    last = {}
    wrong = []
    for row in sorted(rows, key=lambda row: row.position):
        sort = (row.device, row.lane)
        key = int(row.id.rsplit("/", 1)[1]) if row.numbered else row.effective
        if key <= last.get(sort, -1):
            wrong.append(row.name())
        last[sort] = max(key, last.get(sort, -1))
    return wrong


def compare_alerts(promises, alerts):
    """`alerts`: (device, kind, episode, was offered). Each accepted alarm is one alert, and somebody was asked."""
    expected = {(promise.device, promise.episode) for promise in promises if promise.lane == "a"}
    raised = collections.Counter((device, episode) for device, kind, episode, _ in alerts if kind == "dose_missed")
    unoffered = {
        (device, episode) for device, kind, episode, offered in alerts if kind == "dose_missed" and not offered
    }
    return {
        "accepted, and no alert": sorted(expected - raised.keys()),
        "raised more than once": sorted(alarm for alarm, count in raised.items() if count > 1),
        "raised, and promised to nobody": sorted(raised.keys() - expected),
        "raised, and offered to nobody": sorted(unoffered),
        "technical alerts of a loss": sorted(
            (device, kind, episode) for device, kind, episode, _ in alerts if kind in LOSSES
        ),
    }


# Nothing of what a healthy device sends may end like this.
LOSSES = (
    "ingest_quarantined",
    "mqtt_dropped",
    "unknown_alarm_kind",
    "log_unreadable",
    "alarm_unroutable",
    "no_responsible",
    "no_chain",
)
