"""Starts processes in order, waits until each is ready, starts again what dies, and ends all of them in bounded time.

All children are started by the main thread of this process and carry a death signal: when this process ends in any way, so do they.
"""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field

PR_SET_PDEATHSIG = 1
POLL_SECONDS = 0.02
FIRST_BACKOFF_SECONDS = 0.2
LONGEST_BACKOFF_SECONDS = 10.0
# Who lived for so long does not die of its start: a later death is the first again.
STEADY_SECONDS = 5.0
DEATHS_AT_START = 3

_libc = ctypes.CDLL(None, use_errno=True)


class StackError(Exception):
    """Something that the person at the terminal has to know; the text says what to do."""


class Stopped(Exception):
    """The person, or the check, asked to stop."""


def say(text):
    print(f"nara: {text}", file=sys.stderr, flush=True)


def open_log(path):
    """To append to; nobody else reads what a process may have logged."""
    return open(path, "ab", opener=lambda name, flags: os.open(name, flags, 0o600))


@dataclass
class Process:
    """One process of the stack: how to start it and how to know that it is ready."""

    name: str
    argv: list
    log: str
    ready: Callable = lambda: True
    env: dict = field(default_factory=dict)
    cwd: str | None = None
    uid: int | None = None
    gid: int | None = None
    stop_signal: int = signal.SIGTERM
    stop_seconds: float = 10.0
    death_signal: int = signal.SIGKILL
    restart: bool = True
    child: subprocess.Popen | None = None
    started_at: float = 0.0
    deaths: int = 0
    backoff: float = FIRST_BACKOFF_SECONDS
    start_again_at: float | None = None

    def start(self):
        parent = os.getpid()

        def in_child():
            if self.gid is not None:
                os.setgroups([])
                os.setgid(self.gid)
                os.setuid(self.uid)
            _libc.prctl(PR_SET_PDEATHSIG, int(self.death_signal))
            if os.getppid() != parent:
                os._exit(1)

        with open_log(self.log) as log:
            self.child = subprocess.Popen(
                self.argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.cwd,
                env={**os.environ, **self.env}, preexec_fn=in_child, start_new_session=True,
            )  # fmt: skip
        self.started_at = time.monotonic()
        self.start_again_at = None

    def running(self):
        return self.child is not None and self.child.poll() is None


class Supervisor:
    """Holds the processes in the order of their start. One thread; call tick() at least each second."""

    def __init__(self):
        self._stages = []
        self._stop_asked = False

    def handle_signals(self):
        """Ctrl-C, a closed terminal and a polite kill all mean: stop everything."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._ask_to_stop)

    def _ask_to_stop(self, _number, _frame):
        if not self._stop_asked:
            say("stopping")
        self._stop_asked = True

    def start(self, processes, seconds=30.0):
        """Starts all of `processes` at once and returns when all are ready."""
        self._stages.append(processes)
        for process in processes:
            process.start()
        deadline = time.monotonic() + seconds
        waiting = list(processes)
        while waiting:
            self.tick()
            waiting = [process for process in waiting if not (process.running() and process.ready())]
            hopeless = [process for process in waiting if process.deaths >= DEATHS_AT_START]
            late = waiting if time.monotonic() > deadline else hopeless
            if late:
                raise StackError("\n".join(_why_not_ready(process) for process in late))

    def tick(self):
        """Notices what died and starts it again when its time has come. Raises Stopped when asked to stop."""
        if self._stop_asked:
            raise Stopped
        for stage in self._stages:
            for process in stage:
                self._look_after(process)
        time.sleep(POLL_SECONDS)

    def _look_after(self, process):
        if process.running() or not process.restart:
            return
        now = time.monotonic()
        if process.start_again_at is None:
            if now - process.started_at > STEADY_SECONDS:
                process.backoff = FIRST_BACKOFF_SECONDS
            process.deaths += 1
            process.start_again_at = now + process.backoff
            say(f"{process.name} {_ending(process)}; starting it again in {process.backoff:.1f} s (log: {process.log})")
            process.backoff = min(process.backoff * 2, LONGEST_BACKOFF_SECONDS)
        elif now >= process.start_again_at:
            process.start()

    def end(self, name):
        """Ends one process for good, before the others are stopped."""
        for process in self.named(name):
            process.restart = False
            _signal(process, process.stop_signal)
            _wait_or_kill(process)

    def named(self, name):
        """Those that run under that name."""
        return [process for stage in self._stages for process in stage if process.name == name and process.running()]

    def stop(self):
        """Ends everything, the stage that was started last first; what does not end in its time is killed."""
        while self._stages:
            running = [process for process in self._stages[-1] if process.running()]
            for process in running:
                _signal(process, process.stop_signal)
            for process in running:
                _wait_or_kill(process)
            self._stages.pop()


def run_once(argv, log, seconds, supervisor, what, env=None):
    """Runs a helper program to its end beside the stack; raises StackError with the end of its log when it fails."""
    process = Process(what, argv, log, env=env or {}, restart=False)
    process.start()
    deadline = time.monotonic() + seconds
    try:
        while process.running():
            supervisor.tick()
            if time.monotonic() > deadline:
                raise StackError(f"{what} took longer than {seconds:.0f} s (log: {log})")
    finally:
        if process.running():
            _signal(process, signal.SIGKILL)
            process.child.wait()
    if process.child.returncode != 0:
        raise StackError(f"{what} {_ending(process)}\n{tail(log)}\n(log: {log})")


def tail(path, lines=12):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return "".join(file.readlines()[-lines:]).rstrip()
    except OSError as error:
        return str(error)


def _signal(process, number):
    try:
        process.child.send_signal(number)
    except ProcessLookupError:
        pass


def _wait_or_kill(process):
    try:
        process.child.wait(process.stop_seconds)
    except subprocess.TimeoutExpired:
        say(f"{process.name} did not stop within {process.stop_seconds:.0f} s: killed (log: {process.log})")
        _signal(process, signal.SIGKILL)
        process.child.wait()


def _ending(process):
    code = process.child.returncode
    if code is None:
        return "still runs"
    return f"was ended by {signal.Signals(-code).name}" if code < 0 else f"exited with {code}"


def _why_not_ready(process):
    state = "is not ready yet" if process.running() else _ending(process)
    free = os.statvfs(os.path.dirname(process.log))
    disk = "\nthe disk is full" if free.f_bavail * free.f_frsize < 64 << 20 else ""
    return f"{process.name} {state}{disk}; the end of its log:\n{tail(process.log)}\n(log: {process.log})"
