#!/usr/bin/python3
"""Ingest, measured beside the MQTT server alone: one load generator, one server with one configuration, one machine.

R is what the server hands from 200 publishers to one plain subscriber with a session for each shard, without us.
Never fails on a number.
"""

import argparse
import contextlib
import functools
import json
import os
import pathlib
import subprocess
import sys
import threading

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT / "tests" / "harness"), str(ROOT / "deploy" / "local")]

from _ingest_faults import redis_away, restart
from ingest_stack import IngestStack
from primary_lost import Load, lose_the_primary
from private_servers import SHARDS, PrivateMqtt
from redis_group import GroupStack

SENDERS = 200
LATENCY_RATE = 2000
ALARM_RATE = 100


def load(binary, *arguments):
    return subprocess.Popen(
        [binary, *[str(argument) for argument in arguments]], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def answer(process, seconds):
    out, errors = process.communicate(timeout=seconds)
    if process.returncode != 0:
        raise RuntimeError(f"nara-load: {errors}")
    return json.loads(out.strip().splitlines()[-1])


def server_alone(seconds):
    """R: records a second that one subscriber gets, from its first to its last."""
    with PrivateMqtt() as mqtt:
        senders = pathlib.Path(mqtt.paths.data) / "senders"
        names = [f"bench-{number:04}" for number in range(SENDERS)]
        senders.write_text("".join(f"{name} {mqtt.password(name)}\n" for name in names))
        binary = mqtt.paths.binary("nara-load")
        filters = [word for shard in range(SHARDS) for word in ("--filter", f"nara/v1/{shard:02}/+/up")]
        receiver = load(binary, "subscribe", "--port", mqtt.ports.mqtt_services, "--ca", mqtt.pki.cert("ca"),
                        "--cert", mqtt.pki.cert("nara-ingest"), "--key", mqtt.pki.key("nara-ingest"),
                        "--client-id", "nara-measurement", *filters)  # fmt: skip
        sender = load(binary, "publish", "--port", mqtt.ports.mqtt_plain, "--senders", senders, "--form", "bytes",
                      "--ack", "puback", "--window", 16, "--seconds", seconds)  # fmt: skip
        published = answer(sender, seconds + 60)
        received = answer(receiver, 120)
    rate = received["messages"] / received["seconds"]
    return {**published, "records_per_second": rate, "lost": published["sent"] - received["messages"]}


class Ingest:
    """The rows that need us."""

    def __init__(self, stack, seconds):
        self._stack = stack
        self._seconds = seconds
        self._binary = stack.paths.binary("nara-load")
        self._meters = stack.provision("bp-meter", SENDERS + 1)
        self._flooder = self._apart(self._meters)
        self._dispensers = stack.provision("dosell-service", 20)

    def throughput(self, *form, window):
        return answer(self._publish(self._meters, *form, "--window", window), self._seconds + 120)

    def latency(self):
        return answer(self._publish(self._meters, "--rate", LATENCY_RATE, "--window", 16), self._seconds + 120)

    def latency_beside_one_that_floods(self):
        with self._one_that_floods():
            return self.latency()

    def alarms_in_a_flood(self):
        """Alarms at a rate while measurements come as fast as they go."""
        flood = self._publish(self._meters, "--window", 60)
        alarms = self._publish(self._dispensers, "--alarm", "--kind", "dose_missed", "--episode", "load-",
                               "--rate", ALARM_RATE, "--window", 16)  # fmt: skip
        found = answer(alarms, self._seconds + 120)
        answer(flood, self._seconds + 120)
        return found

    @staticmethod
    def _apart(senders):
        """The last of the senders in a file of its own."""
        *others, last = senders.read_text(encoding="utf-8").splitlines(keepends=True)
        senders.write_text("".join(others), encoding="utf-8")
        alone = senders.with_suffix(".flooder")
        alone.write_text(last, encoding="utf-8")
        return alone

    @contextlib.contextmanager
    def _one_that_floods(self):
        """A device that waits for no receipt, and comes back as soon as it may."""
        over = threading.Event()

        def flood():
            while not over.wait(0.1):
                sender = self._publish(self._flooder, "--ack", "puback", "--window", 1000)
                while sender.poll() is None and not over.wait(0.1):
                    pass
                sender.kill()
                sender.communicate()

        flooding = threading.Thread(target=flood)
        flooding.start()
        try:
            yield
        finally:
            over.set()
            flooding.join()

    def restart(self):
        def publish(*more, seconds):
            answer(self._publish(self._meters, *more, seconds=seconds), seconds + 60)

        return restart(self._stack, publish, self._meters)

    def redis_away(self):
        return redis_away(self._stack, functools.partial(self._publish, self._meters), answer)

    def _publish(self, senders, *more, seconds=None):
        return load(self._binary, "publish", "--port", self._stack.ports.mqtt_plain, "--senders", senders,
                    "--seconds", seconds or self._seconds, *more)  # fmt: skip


KEPT = ("records_per_second", "p50_ms", "p99_ms", "unfinished")


def rows(alone, ingest):
    rate = alone["records_per_second"]

    def row(what, bar, found):
        return {
            "what": what,
            "bar": bar,
            "of_R": found["records_per_second"] / rate,
            **{key: found[key] for key in KEPT},
        }

    yield {**row("MQTT server alone (R)", "", alone), "lost": alone["lost"]}
    yield row("one record a message, protobuf", ">= 0.5 R", ingest.throughput(window=60))
    yield row("one record a message, JSON", ">= 0.35 R", ingest.throughput("--form", "json", window=60))
    yield row("ten records a message", ">= 1.2 R", ingest.throughput("--records", 10, window=6))
    yield row("2,000 messages/s", "p50 <= 5 ms, p99 <= 15 ms", ingest.latency())
    yield row("the same beside one that floods", "p99 <= 50 ms", ingest.latency_beside_one_that_floods())
    yield row("alarms while measurements flood", "p99 <= 20 ms", ingest.alarms_in_a_flood())
    yield {
        "what": "restart with 100,000 in the inbox",
        "bar": "first receipt <= 1 s after kill -9",
        **ingest.restart(),
    }
    yield {
        "what": "Redis away 60 s at 5,000/s",
        "bar": "nothing lost, caught up <= 60 s",
        **ingest.redis_away(),
    }


def told(row):
    figures = {key: value for key, value in row.items() if key not in ("what", "bar")}
    return f"{row['what']:<34} {', '.join(f'{key} {value:.4g}' for key, value in figures.items())}  ({row['bar']})"


def primary_lost(seconds):
    """A row of its own kind: with a receipt means in the log of the Redis that took over."""
    with GroupStack() as stack:
        found = lose_the_primary(stack, [Load("bp-meter", "m", SENDERS, LATENCY_RATE, processes=2)], min(seconds, 60))
    return {
        "what": "Redis primary lost at 2,000 messages/s",
        "bar": "none missing, receipts again <= 15 s",
        "records_per_second": found.rate,
        "receipts": len(found.promises),
        "missing": len(found.missing),
        "receipts_again_s": found.again_seconds,
    }


def main():
    parser = argparse.ArgumentParser(prog="nara bench ingest")
    parser.add_argument("--seconds", type=int, default=60, help="that each row counts")
    arguments = parser.parse_args()
    alone = server_alone(min(arguments.seconds, 20))
    found = []
    with IngestStack() as stack:
        for row in rows(alone, Ingest(stack, arguments.seconds)):
            found.append(row)
            print(told(row), file=sys.stderr)
    found.append(primary_lost(arguments.seconds))
    print(told(found[-1]), file=sys.stderr)
    print(json.dumps({"bench": "ingest", "cores": os.cpu_count(), "rows": found}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
