"""What becomes of ingest when it, or Redis, goes away under load."""

import contextlib
import pathlib
import select
import signal
import threading
import time

from outside import Outside
from private_servers import topic
from raw_mqtt import CONNACK, PUBLISH, SUBACK, RawMqtt, connect, subscribe

LANE = "ingest-measurement"
WAITING = 100_000  # frames in the inbox at a restart
FILL_SECONDS = 5
AWAY_RATE = 5000
AWAY_SECONDS = 60
PATIENCE_SECONDS = 120


def metric(stack, name):
    return Outside.metric(None, stack.ports.ingest_metrics, name, lane="measurement")


def until(look, what, seconds=PATIENCE_SECONDS):
    """Seconds until `look` returns something true."""
    began = time.monotonic()
    while not look():
        if time.monotonic() > began + seconds:
            raise RuntimeError(f"not within {seconds} s: {what}")
        time.sleep(0.02)
    return time.monotonic() - began


def kilobytes(pid, what):
    """Of /proc/PID/status: VmRSS, or VmHWM for the most that it was."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith(what))


def bytes_below(folder):
    """On the disk, not what the names promise."""
    return sum(path.stat().st_blocks * 512 for path in pathlib.Path(folder).rglob("*") if path.is_file())


def listen(stack, senders):
    """Sessions of devices that wait for their receipts."""
    waiting = []
    for line in senders.read_text(encoding="utf-8").splitlines():
        device, password = line.split()
        client = RawMqtt(stack.ports.mqtt_plain)
        assert client.ask(connect(device, user=device, password=password))[0] == CONNACK
        assert client.ask(subscribe(topic(device, "receipt")))[0] == SUBACK
        waiting.append(client)
    return waiting


def first_receipt(clients):
    readable, _, _ = select.select([client.socket for client in clients], [], [], PATIENCE_SECONDS)
    if not readable:
        raise RuntimeError(f"no receipt within {PATIENCE_SECONDS} s")
    first = next(client for client in clients if client.socket in readable)
    assert first.read()[0] & 0xF0 == PUBLISH


def restart(stack, publish, senders):
    """Seconds from kill -9, of which the new process is started at once, to a receipt for what the inbox kept."""
    redis, ingest = stack.process("redis").child, stack.process(LANE)
    taken = metric(stack, "nara_ingest_frames_total")
    redis.send_signal(signal.SIGSTOP)
    publish(
        "--ack", "puback", "--rate", WAITING // FILL_SECONDS, "--warm-up", 0, "--window", 1000, seconds=FILL_SECONDS
    )
    waiting = metric(stack, "nara_ingest_frames_total") - taken
    with contextlib.ExitStack() as closing:
        clients = [closing.enter_context(client) for client in listen(stack, senders)]
        began = time.monotonic()
        ingest.child.kill()
        redis.send_signal(signal.SIGCONT)
        ingest.child.wait()
        ingest.start()
        first_receipt(clients)
        seconds = time.monotonic() - began
    until(ingest.ready, "ingest is ready again")
    drained = until(lambda: metric(stack, "nara_ingest_inbox_bytes") == 0, "the inbox is empty")
    return {"seconds": seconds, "frames": waiting, "drained_seconds": drained}


class Watched:
    """The most memory and disk that ingest has while it is watched, beyond what it had before."""

    def __init__(self, stack):
        self._pid = stack.process(LANE).child.pid
        self._folder = pathlib.Path(stack.paths.data, LANE)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self.memory, self.disk = 0, 0

    def __enter__(self):
        self._memory, self._disk = kilobytes(self._pid, "VmRSS"), bytes_below(self._folder)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()

    def _watch(self):
        while not self._over.wait(0.25):
            self.memory = max(self.memory, (kilobytes(self._pid, "VmRSS") - self._memory) / 1024)
            self.disk = max(self.disk, (bytes_below(self._folder) - self._disk) / 2**20)


def redis_away(stack, start, answer):
    """A minute without Redis under load, which goes on while ingest catches up. `start` a load, and take its `answer`."""
    redis = stack.process("redis")
    calm = 5
    sender = start("--rate", AWAY_RATE, "--window", 100_000, seconds=calm + 2 * AWAY_SECONDS)
    with Watched(stack) as watched:
        time.sleep(calm)
        redis.child.terminate()
        redis.child.wait(redis.stop_seconds)
        time.sleep(AWAY_SECONDS)
        redis.start()
        until(redis.ready, "Redis is back")
        caught_up = until(lambda: metric(stack, "nara_ingest_oldest_unreleased_seconds") < 1, "ingest has caught up")
        load = answer(sender, 2 * PATIENCE_SECONDS)
    return {
        "unfinished": load["unfinished"],
        "seconds": caught_up,
        "memory_mb": watched.memory,
        "disk_mb": watched.disk,
    }
