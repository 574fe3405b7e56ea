#!/usr/bin/python3
"""Devices that are not made of our library: JSON over plain MQTT by Debian's paho, and an outside ledger of what was accepted.

Two sorts of devices. One numbers its records and keeps each until a receipt settles it; the other knows PUBACK only, has one message under way at
a time and gives no sequence. A line of the ledger is on the disk before its record counts as accepted. Reads its orders, one JSON object, from
standard input; says `ready` when every device is connected; ends on SIGTERM, when everything is settled or its time is over, with a summary.
"""

import collections
import json
import os
import random
import selectors
import signal
import sys
import time

from paho.mqtt import client as mqtt

WINDOW = 64  # what the platform takes beyond `through`
BATCH = 16
RETRY_SECONDS = 0.3
TICK_SECONDS = 0.1
PATIENCE_SECONDS = {"m": 2.0, "a": 1.0}
STUCK_SECONDS = 20.0


def micros():
    return time.time_ns() // 1000


def rfc3339(moment, _cache=collections.OrderedDict()):
    """`moment` in microseconds; the part before the second is formatted once a second."""
    second, rest = divmod(moment, 1_000_000)
    if second not in _cache:
        _cache.clear()
        _cache[second] = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
    return f"{_cache[second]}.{rest:06d}Z"


def content(lane, device, number, moment):
    """The members of a record that say what happened; the values tell the number again."""
    at = f'"at":"{rfc3339(moment)}"'
    if lane == "a":
        return f'{at},"kind":"dose_missed","episode":"{device}:{number}"'
    systolic, diastolic = 100 + number % 100, 50 + number // 100 % 50
    values = f'"systolic":{systolic},"diastolic":{diastolic},"pulse":{50 + number // 5000 % 100}'
    return f'{at},"kind":"blood_pressure","values":{{{values}}}'


class Ledger:
    """Appended, fsynced, then counted. A line: accepted and made (both µs), device, lane, epoch or `-`, sequence or `at`, number."""

    def __init__(self, path):
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        self._lines = []
        self.accepted = 0

    def note(self, device, made, epoch, key, number):
        self._lines.append(f"{micros()} {made} {device.id} {device.lane} {epoch} {key} {number}\n")

    def sync(self):
        if not self._lines:
            return
        os.write(self._file, "".join(self._lines).encode())
        os.fsync(self._file)
        self.accepted += len(self._lines)
        self._lines.clear()


class Device:
    """One device with its MQTT session, which is made anew whenever it ends."""

    def __init__(self, spec, sender):
        self.id = spec["id"]
        self.lane = spec["lane"]
        self._password = spec["password"]
        self._sender = sender
        self._base = f"nara/v1/{spec['shard']}/{self.id}"
        self._topic = self._base + ("/up/json" if self.lane == "m" else "/alarm/json")
        self._client = None
        self._retry_at = 0.0
        self._moved_at = time.monotonic()
        self.up = False
        self.made = 0
        self.resent = 0
        self.sessions = 0
        self.trouble = []

    def tick(self, now):
        if self._client is None and now >= self._retry_at:
            self._connect(now)
        elif self._client is not None:
            self._client.loop_misc()
            self._be_patient(now)

    def _connect(self, now):
        client = mqtt.Client(self.id, clean_session=True)
        client.username_pw_set(self.id, self._password)
        client.max_inflight_messages_set(0)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = lambda *_: self._is_up()
        client.on_message = lambda _client, _data, message: self._on_receipt(json.loads(message.payload))
        client.on_publish = lambda _client, _data, mid: self._on_puback(mid)
        self._sender.adopt(client)
        self._client = client
        try:
            client.connect("127.0.0.1", self._sender.port, keepalive=30)
        except OSError:
            self._lost(now)

    def _lost(self, now):
        self._client = None
        self.up = False
        self._retry_at = now + RETRY_SECONDS

    def _on_connect(self, client, _data, _flags, code):
        if code != 0:
            client.disconnect()
            return
        self.sessions += 1
        client.subscribe(self._base + "/receipt", qos=1)

    def _on_disconnect(self, client, _data, _code):
        if client is self._client:
            self._lost(time.monotonic())

    def _is_up(self):
        self.up = True
        self._start_over()

    def _publish(self, members):
        return self._client.publish(self._topic, "{" + members + "}", qos=1).mid

    def _stamp(self):
        """When the next record was made: no two of a device are of the same microsecond."""
        self.made += 1
        return micros()


class NumberedDevice(Device):
    """Numbers its records in an epoch and keeps each until a receipt settles it."""

    def __init__(self, spec, sender):
        super().__init__(spec, sender)
        self._epoch = f"{random.SystemRandom().getrandbits(64) | 1:016x}"
        self._through = 0
        self._next = 1  # to be published
        self._kept = {}  # sequence: (made, record as JSON)

    def make(self):
        moment = self._stamp()
        members = content(self.lane, self.id, self.made, moment)
        self._kept[self.made] = (moment, f'{{"seq":{self.made},{members}}}')
        self._pump()

    def waiting(self):
        return [f"{self.id}/{self.lane}/{self._epoch}/{seq}" for seq in self._kept]

    def _pump(self):
        while self.up and self._next <= min(self.made, self._through + WINDOW):
            last = min(self._next + BATCH - 1, self.made, self._through + WINDOW)
            records = ",".join(self._kept[seq][1] for seq in range(self._next, last + 1))
            self._publish(
                f'"epoch":"{self._epoch}","from":{self._through + 1},"sent":"{rfc3339(micros())}","records":[{records}]'
            )
            self._next = last + 1

    def _on_receipt(self, receipt):
        if receipt.get("epoch") != self._epoch or receipt.get("held") or receipt.get("rejected"):
            self.trouble.append(receipt)
        if receipt.get("epoch") != self._epoch or receipt["through"] <= self._through:
            return
        for seq in range(self._through + 1, receipt["through"] + 1):
            made, _ = self._kept.pop(seq)
            self._sender.ledger.note(self, made, self._epoch, seq, seq)
        self._through = receipt["through"]
        self._next = max(self._next, self._through + 1)
        self._moved_at = time.monotonic()
        self._pump()

    def _on_puback(self, _mid):
        """Says nothing about a disk."""

    def _start_over(self):
        self.resent += max(0, self._next - 1 - self._through)
        self._next = self._through + 1
        self._moved_at = time.monotonic()
        self._pump()

    def _be_patient(self, now):
        if not self._kept:
            self._moved_at = now
        elif self.up and now - self._moved_at > PATIENCE_SECONDS[self.lane]:
            self._start_over()


class PlainDevice(Device):
    """Gives no sequence and takes PUBACK for an answer; one message under way at a time."""

    def __init__(self, spec, sender):
        super().__init__(spec, sender)
        self._queue = collections.deque()  # (made, number, record as JSON)
        self._mid = None

    def make(self):
        moment = self._stamp()
        self._queue.append((moment, self.made, "{" + content(self.lane, self.id, self.made, moment) + "}"))
        self._pump()

    def waiting(self):
        return [f"{self.id}/{self.lane}/at {rfc3339(made)}" for made, _, _ in self._queue]

    def _pump(self):
        if self.up and self._mid is None and self._queue:
            self._mid = self._publish(f'"records":[{self._queue[0][2]}]')
            self._moved_at = time.monotonic()

    def _on_puback(self, mid):
        if mid != self._mid:
            return
        made, number, _ = self._queue.popleft()
        self._sender.ledger.note(self, made, "-", made, number)
        self._mid = None
        self._pump()

    def _on_receipt(self, receipt):
        """It would not listen; but what was refused must be seen by the one who reads the run."""
        if receipt.get("held") or receipt.get("rejected"):
            self.trouble.append(receipt)

    def _start_over(self):
        self.resent += self._mid is not None
        self._mid = None
        self._pump()

    def _be_patient(self, now):
        if self._mid is not None and now - self._moved_at > STUCK_SECONDS:
            self._client.disconnect()


class Sender:
    """One thread: makes records at the rate asked for and serves all sessions."""

    def __init__(self, orders):
        self.port = orders["port"]
        self.ledger = Ledger(orders["ledger"])
        self._rate = orders["rate"]
        self._drain = orders["drain_seconds"]
        self._selector = selectors.DefaultSelector()
        kinds = {"numbered": NumberedDevice, "plain": PlainDevice}
        self._devices = [kinds[spec["sort"]](spec, self) for spec in orders["devices"]]
        self._made = 0
        self._tick_at = 0.0
        self._stop_at = None

    def adopt(self, client):
        """Serves a session's socket for as long as it is open."""
        selector = self._selector

        def mask(sock, events):
            if sock.fileno() >= 0 and sock in selector.get_map():
                selector.modify(sock, events, client)

        client.on_socket_open = lambda _client, _data, sock: selector.register(sock, selectors.EVENT_READ, client)
        client.on_socket_close = lambda _client, _data, sock: selector.unregister(sock)
        both = selectors.EVENT_READ | selectors.EVENT_WRITE
        client.on_socket_register_write = lambda _client, _data, sock: mask(sock, both)
        client.on_socket_unregister_write = lambda _client, _data, sock: mask(sock, selectors.EVENT_READ)

    def run(self):
        signal.signal(signal.SIGTERM, lambda *_: self._stop())
        while not all(device.up for device in self._devices):
            self._serve(TICK_SECONDS)
        print("ready", flush=True)
        began = time.monotonic()
        while not self._done():
            pause = self._make_what_is_due(began) if self._stop_at is None else TICK_SECONDS
            self._serve(min(pause, TICK_SECONDS))
        return self._summary((self._stop_at or time.monotonic()) - began)

    def _stop(self):
        self._stop_at = self._stop_at or time.monotonic()

    def _done(self):
        if self._stop_at is None:
            return False
        settled = not any(device.waiting() for device in self._devices)
        return settled or time.monotonic() > self._stop_at + self._drain

    def _make_what_is_due(self, began):
        """Returns the seconds until the next record."""
        due = int((time.monotonic() - began) * self._rate)
        for _ in range(min(due - self._made, 100)):
            self._devices[self._made % len(self._devices)].make()
            self._made += 1
        return max(0.0, began + (self._made + 1) / self._rate - time.monotonic())

    def _serve(self, seconds):
        for key, events in self._selector.select(seconds):
            if events & selectors.EVENT_WRITE:
                key.data.loop_write()
            if events & selectors.EVENT_READ:
                key.data.loop_read()
        self.ledger.sync()
        now = time.monotonic()
        if now >= self._tick_at:
            self._tick_at = now + TICK_SECONDS
            for device in self._devices:
                device.tick(now)

    def _summary(self, seconds):
        waiting = [record for device in self._devices for record in device.waiting()]
        return {
            "seconds": seconds,
            "made": self._made,
            "accepted": self.ledger.accepted,
            "resent": sum(device.resent for device in self._devices),
            "sessions": sum(device.sessions for device in self._devices),
            "waiting": len(waiting),
            "waiting_ids": waiting[:20],
            "trouble": [(device.id, receipt) for device in self._devices for receipt in device.trouble][:20],
        }


if __name__ == "__main__":
    print(json.dumps(Sender(json.load(sys.stdin)).run()), flush=True)
